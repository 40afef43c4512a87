"""The channels of the simulated car maker: 56 that are LIVE, a few that are not (domain 1 and 4)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from connectors.demo.simulated.days import HOUR_MS

_DEFAULT_LATE_HOURS = 72
_OFFLINE_LATE_HOURS = 360

# code, Chinese name, group; in the order of their share (Zipf).
_LIVE = (
    ("autohome", "汽车之家", "vertical"),
    ("dongchedi", "懂车帝", "vertical"),
    ("feiyu", "巨量引擎飞鱼", "new_media"),
    ("yiche", "易车", "vertical"),
    ("tencent_ads", "腾讯广告", "new_media"),
    ("official_site", "品牌官网", "own"),
    ("mini_program", "微信小程序", "wechat"),
    ("pcauto", "太平洋汽车", "vertical"),
    ("brand_app", "品牌App", "own"),
    ("douyin_live", "抖音直播间", "new_media"),
    ("kuaishou", "快手磁力", "new_media"),
    ("baidu_sem", "百度搜索推广", "sem"),
    ("auto_show", "车展", "offline"),
    ("wecom", "企业微信", "wechat"),
    ("xcar", "爱卡汽车", "vertical"),
    ("tmall", "天猫旗舰店", "partner"),
    ("xiaohongshu", "小红书", "new_media"),
    ("hotline", "客服热线", "own"),
    ("moments", "朋友圈广告", "wechat"),
    ("sohu_auto", "搜狐汽车", "vertical"),
    ("sina_auto", "新浪汽车", "vertical"),
    ("netease_auto", "网易汽车", "vertical"),
    ("ifeng_auto", "凤凰网汽车", "vertical"),
    ("wscs", "网上车市", "vertical"),
    ("roadshow", "商场巡展", "offline"),
    ("wechat_oa", "公众号", "wechat"),
    ("video_account", "视频号", "wechat"),
    ("bilibili", "哔哩哔哩", "new_media"),
    ("weibo", "微博粉丝通", "new_media"),
    ("so360", "360推广", "sem"),
    ("sogou_sem", "搜狗推广", "sem"),
    ("jd_auto", "京东汽车", "partner"),
    ("tencent_auto", "腾讯汽车", "vertical"),
    ("chezhu", "车主之家", "vertical"),
    ("maiche", "买车网", "vertical"),
    ("cheshi", "车市网", "vertical"),
    ("xinche", "新车评网", "vertical"),
    ("chexiang", "车享家", "vertical"),
    ("qichetong", "汽车通", "vertical"),
    ("test_drive_day", "试驾会", "offline"),
    ("group_buy", "团购会", "offline"),
    ("amap", "高德地图", "partner"),
    ("didi", "滴滴出行", "partner"),
    ("bank_mall", "银行商城", "partner"),
    ("insurance", "保险渠道", "partner"),
    ("fuel_card", "加油卡合作", "partner"),
    ("agency_north", "华北代理", "agent"),
    ("agency_east", "华东代理", "agent"),
    ("agency_south", "华南代理", "agent"),
    ("agency_west", "西部代理", "agent"),
    ("sms_campaign", "短信营销", "own"),
    ("edm", "邮件营销", "own"),
    ("owner_referral", "老客户推荐", "own"),
    ("membership", "会员中心", "own"),
    ("zhihu", "知乎推广", "new_media"),
    ("toutiao", "今日头条", "new_media"),
)
_TESTING = (
    ("meta_leads", "海外社媒测试", "new_media"),
    ("car_radio", "车载电台测试", "partner"),
    ("ai_assistant", "智能助手测试", "own"),
)
_NOT_LIVE = (
    ("old_portal", "旧版门户", "own", "SUSPENDED"),
    ("new_partner", "待上线合作方", "partner", "REGISTERED"),
)
_PRIORITIES = {"official_site": 50, "brand_app": 50, "hotline": 40, "mini_program": 60, "sms_campaign": 200, "edm": 200}
_LATE_HOURS = {"pcauto": 24, "jd_auto": 240}
_ACCOUNTS = {
    "feiyu": ("1001", "1002", "1003", "1004"),
    "tencent_ads": ("ta-a", "ta-b", "ta-c"),
    "baidu_sem": ("brand", "series"),
    "kuaishou": ("ks01", "ks02"),
    "autohome": ("", "east"),
}
_NUMBER_IDS = {"yiche", "tencent_ads", "kuaishou", "baidu_sem", "xcar"}
_WITHOUT_CONSENT = {"agency_west", "insurance"}
_CHEATING = "agency_south"
"""In the demo it makes up leads: number runs (后3位连号)."""
_YOUNG = {"zhihu": 12, "toutiao": 40}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as the simulated world knows it; `late_ms` is the lateness in force for it (ruling 10)."""

    code: str
    name: str
    group: str
    status: str
    consent: bool
    priority: int
    late_ms: int
    accounts: tuple[str, ...]
    number_ids: bool

    @property
    def tie_head(self) -> tuple[int, bytes]:
        """The part of the tie key (ruling 32) that differs between two channels."""
        return self.priority, self.code.encode()


class Channels:
    """The catalogue, with a draw by share. `live` stands in the order of shares."""

    def __init__(self) -> None:
        self.live = [_channel(code, name, group, "LIVE") for code, name, group in _LIVE]
        self.testing = [_channel(code, name, group, "TESTING") for code, name, group in _TESTING]
        self.not_live = [_channel(*entry) for entry in _NOT_LIVE]
        self._weights = list(accumulate(1 / (rank + 1) ** 0.9 for rank in range(len(self.live))))
        self.wechat = [channel for channel in self.live if channel.group == "wechat"]
        self.unhurried = [channel for channel in self.live if channel.late_ms == _DEFAULT_LATE_HOURS * HOUR_MS]
        self.cheating = next(channel for channel in self.live if channel.code == _CHEATING)
        self.offline = [channel for channel in self.live if channel.group == "offline"]

    def draw(self, rng: Random) -> Channel:
        """A LIVE channel by its share."""
        return self.live[bisect_right(self._weights, rng.random() * self._weights[-1])]

    def tables(self, first_date: str, date_of: dict[str, str]) -> dict[str, Any]:
        """The `[channels]` table. `date_of` maps the code of a young channel to the date it went live."""
        tables: dict[str, Any] = {}
        for channel in (*self.live, *self.testing, *self.not_live):
            table: dict[str, Any] = {"name": channel.name, "group": channel.group, "status": channel.status}
            table["consent"] = channel.consent
            if channel.code in _PRIORITIES:
                table["priority"] = channel.priority
            if channel.code in _LATE_HOURS:
                table["late_hours"] = _LATE_HOURS[channel.code]
            if channel.status == "LIVE":
                table["live_since"] = date_of.get(channel.code, first_date)
            tables[channel.code] = table
        return tables


def young_channels() -> dict[str, int]:
    """Channels that went live during the simulated time: code → days after its start."""
    return dict(_YOUNG)


def _channel(code: str, name: str, group: str, status: str) -> Channel:
    default = _OFFLINE_LATE_HOURS if group == "offline" else _DEFAULT_LATE_HOURS
    return Channel(
        code=code,
        name=name,
        group=group,
        status=status,
        consent=code not in _WITHOUT_CONSENT,
        priority=_PRIORITIES.get(code, 100),
        late_ms=_LATE_HOURS.get(code, default) * HOUR_MS,
        accounts=_ACCOUNTS.get(code, ("",)),
        number_ids=code in _NUMBER_IDS,
    )
