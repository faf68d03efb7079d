"""Other names that the columns of files have for fields, besides the field's name and label in both languages."""

OTHER_NAMES = {
    "name": (
        "company", "company name", "customer", "customer name", "full name", "公司", "公司名称", "客户", "客户名称", "单位", "名称",
        "姓名",
    ),
    "email": ("mail", "e mail", "email address", "邮箱", "电子邮箱", "电子邮件"),
    "phone": ("telephone", "tel", "phone number", "电话", "联系电话", "座机"),
    "mobile": ("mobile phone", "cell", "手机", "手机号", "手机号码"),
    "wechat": ("weixin", "微信", "微信号"),
    "owner": ("responsible", "负责人", "所有者", "销售"),
    "account": ("company", "公司", "客户", "所属客户", "单位"),
    "family_name": ("surname", "last name", "姓"),
    "given_name": ("first name", "forename", "名"),
    "city": ("城市", "所在城市", "town"),
    "region": ("state", "province", "省", "省份"),
    "postcode": ("zip", "zip code", "postal code", "邮编"),
    "street": ("address", "street address", "地址"),
    "country": ("country code", "国家"),
    "website": ("web", "url", "homepage", "网址", "网站"),
    "industry": ("行业", "sector"),
    "employees": ("number of employees", "员工数"),
    "tags": ("标签", "labels"),
}  # fmt: skip
