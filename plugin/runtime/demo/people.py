"""Offices, people and groups of the demo company."""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.runtime.demo.tables import Made

PASSWORD = "divan-demo"
"""Password of every demo login. It is set by the demo alone, for the people named here."""

COMPANY = ("Huarui Instruments", "华瑞仪器")
DOMAIN = "huarui.example"


@dataclass(frozen=True)
class DemoOffice:
    key: str
    name: str
    name_zh: str
    region: str
    city: str
    address: str
    phone: str


@dataclass(frozen=True)
class DemoPerson:
    name: str
    latin: str
    zh: str
    position: str
    department: str
    office: str
    manager: str = ""
    language: str = "zh_Hans"
    external: bool = False


@dataclass(frozen=True)
class Login:
    """A login that the demo prints: who, and what one can see with it."""

    name: str
    role: str


OFFICES = (
    DemoOffice(
        "shanghai", "Shanghai", "上海总部", "East China", "上海",
        "浦东新区张江高科技园区科苑路88号", "+86 21 5080 6600",
    ),
    DemoOffice(
        "beijing", "Beijing", "北京分公司", "North China", "北京",
        "海淀区中关村东路66号", "+86 10 6254 3300",
    ),
    DemoOffice(
        "guangzhou", "Guangzhou", "广州分公司", "South China", "广州",
        "天河区体育东路122号", "+86 20 3887 2200",
    ),
    DemoOffice(
        "shenzhen", "Shenzhen", "深圳办事处", "South China", "深圳",
        "南山区高新南一道6号", "+86 755 8601 5500",
    ),
    DemoOffice(
        "chengdu", "Chengdu", "成都办事处", "Southwest China", "成都",
        "高新区天府大道北段1480号", "+86 28 8533 7700",
    ),
)  # fmt: skip

PEOPLE = (
    DemoPerson("lin.guodong", "Lin Guodong", "林国栋", "General manager", "Management", "shanghai"),
    DemoPerson(
        "zhou.wenbin", "Zhou Wenbin", "周文斌", "Sales director", "Sales", "shanghai", "lin.guodong"
    ),
    DemoPerson(
        "he.meiling", "He Meiling", "何美玲", "Regional manager", "Sales/East", "shanghai",
        "zhou.wenbin",
    ),
    DemoPerson(
        "wang.jianguo", "Wang Jianguo", "王建国", "Regional manager", "Sales/North", "beijing",
        "zhou.wenbin",
    ),
    DemoPerson(
        "huang.zhiqiang", "Huang Zhiqiang", "黄志强", "Regional manager", "Sales/South",
        "guangzhou", "zhou.wenbin",
    ),
    DemoPerson(
        "li.na", "Li Na", "李娜", "Sales representative", "Sales/East", "shanghai", "he.meiling"
    ),
    DemoPerson(
        "zhang.wei", "Zhang Wei", "张伟", "Sales representative", "Sales/East", "shanghai",
        "he.meiling",
    ),
    DemoPerson(
        "anna.keller", "Anna Keller", "安娜·凯勒", "Sales representative", "Sales/East",
        "shanghai", "he.meiling", "en",
    ),
    DemoPerson(
        "liu.yang", "Liu Yang", "刘洋", "Sales representative", "Sales/North", "beijing",
        "wang.jianguo",
    ),
    DemoPerson(
        "zhao.min", "Zhao Min", "赵敏", "Sales representative", "Sales/North", "beijing",
        "wang.jianguo",
    ),
    DemoPerson(
        "chen.jie", "Chen Jie", "陈洁", "Sales representative", "Sales/South", "guangzhou",
        "huang.zhiqiang",
    ),
    DemoPerson(
        "wu.lei", "Wu Lei", "吴磊", "Sales representative", "Sales/South", "shenzhen",
        "huang.zhiqiang",
    ),
    DemoPerson(
        "xu.fang", "Xu Fang", "徐芳", "Service manager", "Service", "shanghai", "lin.guodong"
    ),
    DemoPerson(
        "gao.peng", "Gao Peng", "高鹏", "Service engineer", "Service", "chengdu", "xu.fang"
    ),
    DemoPerson(
        "tang.yue", "Tang Yue", "唐悦", "Assistant", "Marketing", "shanghai", "lin.guodong"
    ),
    DemoPerson(
        "chen.jing", "Chen Jing", "陈静", "System administrator", "Administration", "shanghai",
        "lin.guodong",
    ),
    DemoPerson(
        "david.miller", "David Miller", "大卫·米勒", "Consultant", "External", "shanghai",
        language="en", external=True,
    ),
)  # fmt: skip

SALES = ("li.na", "zhang.wei", "anna.keller", "liu.yang", "zhao.min", "chen.jie", "wu.lei")
BY_REGION = {
    "East China": ("li.na", "zhang.wei"),
    "North China": ("liu.yang", "zhao.min"),
    "Northeast China": ("zhao.min",),
    "Northwest China": ("liu.yang",),
    "South China": ("chen.jie", "wu.lei"),
    "Central China": ("chen.jie",),
    "Southwest China": ("wu.lei",),
    "Hong Kong and Macao": ("wu.lei", "anna.keller"),
    "Abroad": ("anna.keller",),
}
"""Region → who sells there."""

GROUPS = (
    ("administrators", "Administrators", "系统管理员", "access", ("chen.jing",)),
    ("leaders", "Company leaders", "公司领导", "access", ("lin.guodong", "zhou.wenbin")),
    ("service", "Customer service staff", "客服人员", "access", ("xu.fang", "gao.peng")),
    ("knowledge-editors", "Editors of business knowledge", "业务知识编辑", "access", ("tang.yue",)),
    (
        "sales-east", "Sales East China", "华东销售部", "department",
        ("he.meiling", "li.na", "zhang.wei", "anna.keller"),
    ),
    (
        "sales-north", "Sales North China", "华北销售部", "department",
        ("wang.jianguo", "liu.yang", "zhao.min"),
    ),
    (
        "sales-south", "Sales South China", "华南销售部", "department",
        ("huang.zhiqiang", "chen.jie", "wu.lei"),
    ),
    ("sales", "Sales", "销售部", "department", ("sales-east", "sales-north", "sales-south")),
)  # fmt: skip

LOGINS = (
    Login("chen.jing", "administrator: people, access, settings"),
    Login("lin.guodong", "general manager: reads all business"),
    Login("zhou.wenbin", "sales director: all regions"),
    Login("he.meiling", "manager of Li Na, Zhang Wei and Anna Keller (East China)"),
    Login("wang.jianguo", "manager of Liu Yang and Zhao Min (North China)"),
    Login("li.na", "sales, East China"),
    Login("anna.keller", "sales, customers abroad (English)"),
    Login("liu.yang", "sales, North China"),
    Login("wu.lei", "sales, Shenzhen"),
    Login("xu.fang", "customer service"),
    Login("tang.yue", "marketing: writes business knowledge"),
    Login("david.miller", "external: forum and knowledge only, nothing restricted (English)"),
)


def offices() -> Iterator[Made]:
    """(form, id, items) of the regional offices."""
    for one in OFFICES:
        items = {
            "name": one.name, "name_zh": one.name_zh, "region": one.region, "city": one.city,
            "address": one.address, "phone": one.phone, "time_zone": "Asia/Shanghai",
        }  # fmt: skip
        yield "office", f"office:{one.key}", items


def people() -> Iterator[Made]:
    """(form, id, items) of the people, managers before those who report to them."""
    for number, one in enumerate(PEOPLE):
        items = {
            "login": one.name,
            "name_latin": one.latin,
            "name_zh": one.zh,
            "position": one.position,
            "department": one.department,
            "office": f"office:{one.office}",
            "manager": one.manager or None,
            "mail": f"{one.name}@{DOMAIN}",
            "phone": next(office.phone for office in OFFICES if office.key == one.office),
            "extension": str(8001 + number),
            "mobile": f"+86 139 0000 {1001 + number * 7}",
            "language": one.language,
            "time_zone": "Asia/Shanghai",
            "active": True,
            "external": one.external,
        }
        yield "person", f"person:{one.name}", items


def groups() -> Iterator[Made]:
    """(form, id, items) of the groups."""
    for name, title, title_zh, kind, members in GROUPS:
        items = {
            "name": name,
            "title": title,
            "title_zh": title_zh,
            "kind": kind,
            "members": list(members),
        }
        yield "group", f"group:{name}", items
