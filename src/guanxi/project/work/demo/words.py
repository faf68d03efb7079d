"""Words from which the demonstration company's world is put together. All names are invented."""

CITIES_ZH = (
    ("上海", "上海市", "021"), ("苏州", "江苏省", "0512"), ("杭州", "浙江省", "0571"), ("宁波", "浙江省", "0574"),
    ("南京", "江苏省", "025"), ("无锡", "江苏省", "0510"), ("深圳", "广东省", "0755"), ("广州", "广东省", "020"),
    ("东莞", "广东省", "0769"), ("佛山", "广东省", "0757"), ("北京", "北京市", "010"), ("天津", "天津市", "022"),
    ("青岛", "山东省", "0532"), ("济南", "山东省", "0531"), ("大连", "辽宁省", "0411"), ("武汉", "湖北省", "027"),
    ("成都", "四川省", "028"), ("重庆", "重庆市", "023"), ("西安", "陕西省", "029"), ("长沙", "湖南省", "0731"),
)  # fmt: skip
CITIES_WEST = (
    ("Stuttgart", "Baden-Württemberg", "DE", "+49 711"), ("München", "Bayern", "DE", "+49 89"), ("Hamburg", "Hamburg", "DE", "+49 40"),
    ("Birmingham", "England", "GB", "+44 121"), ("Leeds", "England", "GB", "+44 113"), ("Lyon", "Auvergne-Rhône-Alpes", "FR", "+33 4 72"),
    ("Singapore", "", "SG", "+65 6"), ("Eindhoven", "Noord-Brabant", "NL", "+31 40"), ("Aarhus", "Midtjylland", "DK", "+45 86"),
    ("Chicago", "Illinois", "US", "+1 312 55"), ("Toronto", "Ontario", "CA", "+1 416 55"), ("Melbourne", "Victoria", "AU", "+61 3 95"),
)  # fmt: skip
BRANDS_ZH = (
    "华东", "联拓", "海川", "云栖", "博睿", "海纳", "恒信", "正泰源", "金陵", "远航", "瑞丰", "长青", "鼎盛", "天工", "凌志", "东方红", "启明", "宏图", "明远",
    "佳和", "百川", "锦程", "中岳", "泰和", "四维", "精锐", "蓝海", "新元", "汇通", "安捷", "润泽", "德邦力", "和创", "思博", "科锐", "众智", "永兴", "盛世", "隆基源",
    "卓越", "广源", "星河", "晨光", "易达", "同心", "朗诺", "华腾", "双环", "万象", "九州",
)  # fmt: skip
TRADES_ZH = (
    ("精密机械", "Machinery"), ("半导体", "Semiconductors"), ("电机", "Electrical"), ("医药科技", "Pharma"), ("实验室设备", "Laboratories"),
    ("食品", "Food"), ("汽车零部件", "Automotive"), ("航空材料", "Aerospace"), ("新能源", "Energy"), ("轴承", "Machinery"),
    ("光学仪器", "Optics"), ("自动化", "Automation"), ("生物工程", "Life science"), ("电子", "Electronics"), ("化工", "Chemicals"), ("检测技术", "Testing"),
)  # fmt: skip
INDUSTRIES = {
    "Machinery": "机械制造", "Semiconductors": "半导体", "Electrical": "电气设备", "Pharma": "医药", "Laboratories": "实验室", "Food": "食品", "Automotive": "汽车",
    "Aerospace": "航空航天", "Energy": "新能源", "Optics": "光学", "Automation": "自动化", "Life science": "生命科学", "Electronics": "电子", "Chemicals": "化工",
    "Testing": "检测",
}  # fmt: skip
FORMS_ZH = ("有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司", "科技有限公司", "厂")
BRANDS_WEST = (
    "Hartmann", "Meridian", "Vantage", "Kestrel", "Orchid", "Novo", "Alder", "Ridgeway", "Bauer", "Halden", "Brightwater", "Copperfield", "Ferro",
    "Lindqvist", "Marlow", "Northgate", "Osprey", "Pembroke", "Quantock", "Rosenthal", "Sterling", "Thornbury", "Ulmer", "Verity", "Westbrook",
    "Yardley", "Zeller", "Ashdown", "Blackwood", "Castell", "Dunmore", "Ellery", "Fairmont", "Granger", "Hollis", "Ivory", "Jansen", "Keller",
    "Larkspur", "Montrose",
)  # fmt: skip
TRADES_WEST = (
    ("Automation", "Automation"), ("Bearings", "Machinery"), ("Wind Power", "Energy"), ("Aero", "Aerospace"), ("Medical", "Life science"),
    ("Biolabs", "Life science"), ("Foods", "Food"), ("Optics", "Optics"), ("Motors", "Automotive"), ("Instruments", "Testing"),
    ("Electronics", "Electronics"), ("Chemicals", "Chemicals"), ("Precision", "Machinery"), ("Semiconductor", "Semiconductors"),
)  # fmt: skip
FORMS_WEST = {
    "DE": "GmbH",
    "GB": "Ltd",
    "FR": "SAS",
    "SG": "Pte. Ltd.",
    "NL": "B.V.",
    "DK": "A/S",
    "US": "Inc.",
    "CA": "Inc.",
    "AU": "Pty Ltd",
}
FAMILIES_ZH = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
GIVEN_ZH = (
    "建国", "倩", "思远", "敏", "伟", "芳", "娜", "秀英", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀兰", "霞", "平", "刚",
    "桂英", "文", "雅琴", "子涵", "雨桐", "欣怡", "浩然", "宇轩", "梓萱", "志强", "晓东", "海燕", "立", "悦", "晨曦", "国华", "春梅", "鹏飞", "婷婷", "俊杰", "佳怡",
)  # fmt: skip
GIVEN_WEST = (
    "Julia", "Stefan", "Petra", "Daniel", "Emma", "Oliver", "Sophie", "Lukas", "Hannah", "James", "Charlotte", "Thomas", "Marie", "Anders",
    "Ingrid", "Pierre", "Claire", "Wei Ling", "Mei", "Robert", "Susan", "David", "Laura", "Michael", "Anna", "Peter", "Elena", "Marco", "Nina", "Amara",
)  # fmt: skip
FAMILIES_WEST = (
    "Brandt", "Vogt", "Keller", "Roth", "Smith", "Taylor", "Walker", "Martin", "Dubois", "Jensen", "Larsen", "Tan", "Lim", "de Vries", "Bakker",
    "Johnson", "Miller", "Brown", "Wilson", "Clark", "Weiss", "Schulz", "Hofmann", "Becker", "Moreau", "Evans", "Hughes", "Novak", "Olsen", "Fischer",
)  # fmt: skip
TITLES = (
    ("Head of production", "生产副总"), ("Purchasing manager", "采购经理"), ("Quality manager", "质量经理"), ("Laboratory lead", "实验室主任"),
    ("Managing director", "总经理"), ("Test engineer", "测试工程师"), ("Maintenance lead", "设备主管"), ("Finance director", "财务总监"),
)  # fmt: skip
NEEDS = (
    ("Phone before noon", "上午电话联系"), ("Manuals in Chinese", "需要中文手册"), ("On-site training", "现场培训"), ("Short delivery times", "交期要短"),
    ("Fixed contact person", "固定联系人"), ("Dislikes bundles", "不喜欢捆绑销售"), ("Certificates with each delivery", "随货提供证书"),
)  # fmt: skip
HOBBIES = (
    ("Sailing", "帆船"),
    ("Tea", "品茶"),
    ("Badminton", "羽毛球"),
    ("Calligraphy", "书法"),
    ("Hiking", "登山"),
    ("Photography", "摄影"),
)
# sku, English, Chinese, family, unit, list price, cost share, tax
PRODUCTS = (
    ("STB-400", "Servo test bench 400 Nm", "伺服试验台 400 Nm", "bench", "pc", 198000, 0.68, 13), ("STB-200", "Servo test bench 200 Nm", "伺服试验台 200 Nm", "bench", "pc", 142000, 0.67, 13),
    ("STB-50", "Servo test bench 50 Nm", "伺服试验台 50 Nm", "bench", "pc", 88000, 0.66, 13), ("DAQ-16", "Data acquisition, 16 channels", "16 通道数据采集器", "measure", "pc", 46000, 0.61, 13),
    ("DAQ-8", "Data acquisition, 8 channels", "8 通道数据采集器", "measure", "pc", 27500, 0.60, 13), ("CMM-900", "Coordinate measuring machine 900", "三坐标测量机 900", "measure", "pc", 620000, 0.71, 13),
    ("CMM-500", "Coordinate measuring machine 500", "三坐标测量机 500", "measure", "pc", 385000, 0.70, 13), ("TRQ-1", "Torque sensor 1 kNm", "扭矩传感器 1 kNm", "sensor", "pc", 12800, 0.52, 13),
    ("TRQ-5", "Torque sensor 5 kNm", "扭矩传感器 5 kNm", "sensor", "pc", 19600, 0.53, 13), ("FLW-20", "Flow meter DN20", "流量计 DN20", "sensor", "pc", 6400, 0.50, 13),
    ("FLW-80", "Flow meter DN80", "流量计 DN80", "sensor", "pc", 9800, 0.51, 13), ("GAU-S", "Gauge set, standard", "量规套装 标准型", "sensor", "set", 4300, 0.48, 13),
    ("GAU-P", "Gauge set, precision", "量规套装 精密型", "sensor", "set", 8900, 0.49, 13), ("VIS-1", "Vision inspection cell", "视觉检测单元", "bench", "pc", 268000, 0.66, 13),
    ("SW-MES", "Metrology software, annual licence", "计量软件 年度许可", "software", "pc", 36000, 0.12, 6), ("SW-ANA", "Analysis software, annual licence", "分析软件 年度许可", "software", "pc", 18000, 0.10, 6),
    ("SW-SEAT", "Software seat", "软件席位", "software", "pc", 4800, 0.08, 6), ("INST-D", "Installation and commissioning", "安装调试", "service", "day", 4800, 0.54, 6),
    ("TRN-1", "Operator training on site", "现场操作培训", "service", "day", 3600, 0.42, 6), ("CAL-Y", "Annual calibration service", "年度校准服务", "service", "pc", 14800, 0.45, 6),
    ("SVC-G2", "Gold service plan", "金牌服务", "service", "pc", 36000, 0.47, 6), ("SVC-S2", "Silver service plan", "银牌服务", "service", "pc", 19800, 0.46, 6),
    ("SPK-1", "Spare kit, basic", "备件包 基础型", "parts", "set", 8200, 0.60, 13), ("SPK-2", "Spare kit, sensors and belts", "备件包（传感器、皮带）", "parts", "set", 15900, 0.62, 13),
    ("CBL-10", "Sensor cable 10 m", "传感器电缆 10 m", "parts", "pc", 680, 0.44, 13), ("FIX-M", "Fixture, medium", "夹具 中型", "parts", "pc", 5400, 0.55, 13),
)  # fmt: skip
FAMILIES = {
    "bench": ("Test benches", "试验台"), "measure": ("Measuring machines", "测量设备"), "sensor": ("Sensors and gauges", "传感器与量具"),
    "software": ("Software", "软件"), "service": ("Services", "服务"), "parts": ("Spare parts", "备件"),
}  # fmt: skip
DEALS = (
    ("Line retrofit", "产线改造"), ("Test benches", "试验台项目"), ("Metrology lab", "计量实验室"), ("Annual calibration", "年度校准服务"), ("Spare sensors", "备用传感器"),
    ("Vision inspection cell", "视觉检测单元"), ("Software licences", "计量软件授权"), ("Torque rigs", "扭矩试验装置"), ("Lab expansion", "实验室扩建"),
    ("Service contract", "服务合同"), ("CMM replacement", "三坐标测量机更新"), ("Gauge sets", "量规采购"), ("Second inspection line", "二期检测线"), ("Flow meters", "流量计"),
)  # fmt: skip
NEXT_STEPS = (
    ("Call about the offer", "电话跟进报价"), ("Site visit", "现场拜访"), ("Send references", "发送案例"), ("Demo of the software", "软件演示"), ("Clarify specification", "确认技术规格"),
    ("Needs interview", "需求访谈"), ("Price negotiation", "商务谈判"),
)  # fmt: skip
TERMS = (
    ("30 days net", "货到 30 天付款"), ("14 days net", "货到 14 天付款"), ("30 % deposit, rest on delivery", "预付 30%，余款货到付清"), ("60 days net", "货到 60 天付款"),
)  # fmt: skip
# What colleagues tell each other; {name} is one of them.
NOTES = (
    (
        "Wants one contact person for all sites. @{name}, please keep me in the loop.",
        "希望各厂区由一人对接。@{name} 有进展请告诉我。",
    ),
    ("New head of production since this month, open to a trial.", "本月起生产副总换人，愿意先做试用。"),
    ("Budget round is in March; a proposal has to be there before.", "三月做预算，方案要提前送到。"),
    ("Competitor has offered a lower price, but no service on site.", "竞争对手报价更低，但没有现场服务。"),
    ("Invoices always to the group's office, goods to the works.", "发票寄集团总部，货送工厂。"),
    ("@{name}: they ask for the calibration papers again.", "@{name} 客户又来要校准证书。"),
    ("Very satisfied with the commissioning; may be named as a reference.", "对调试很满意，可作为参考客户。"),
    ("Prefers calls before noon; reads mail in the evening.", "上午打电话方便，邮件晚上看。"),
)
STEPS = (
    ("Look up the last visit report", "查看上次拜访记录"), ("Print data sheets", "打印产品资料"), ("Confirm date and place", "确认时间地点"), ("Register at the gate", "提前办理入厂登记"),
)  # fmt: skip
CALLS = (
    ("Asked about delivery time of the test bench.", "询问试验台交期。"), ("Wants a quote for two more sensors.", "需要再报两个传感器的价格。"),
    ("Controller stops after warm-up; sent to support.", "控制器预热后停机，已转技术支持。"), ("Confirmed the visit next week.", "确认下周拜访。"),
    ("Satisfied with the calibration, considers the service plan.", "对校准满意，考虑服务计划。"), ("Budget is decided next quarter.", "预算下季度确定。"),
)  # fmt: skip
MAILS = (
    ("Your inquiry", "您的询价", "Enclosed please find our data sheets and references.", "附上产品资料与案例，请查收。"),
    ("Dates for commissioning", "调试日期", "We propose the second week of next month.", "建议安排在下月第二周。"),
    ("Renewal terms", "续约条件", "The enclosed terms keep the response time of four hours.", "附件条款保持四小时响应。"),
    ("Minutes of our meeting", "会议纪要", "Thank you for your time; the minutes are enclosed.", "感谢接待，附会议纪要。"),
)  # fmt: skip
TASKS = (
    ("Follow up on quote", "跟进报价", "call"), ("Send calibration certificate", "发送校准证书", "mail"), ("Prepare visit", "准备拜访", "visit"),
    ("Ask about payment", "询问付款", "call"), ("Confirm demo sample", "确认样机演示", "todo"), ("Prepare renewal", "准备续约", "todo"), ("Book visit", "预约拜访", "visit"),
)  # fmt: skip
