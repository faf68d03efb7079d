"""What a column holds, told by its name in English or Chinese."""

import re

GIVEN, FAMILY, NAME, BIRTH_DATE, CITY, EMAIL = "given", "family", "name", "birth_date", "city", "email"
PHONE, COMPANY, STREET, POSTCODE, NUMBER, WEBSITE = "phone", "company", "street", "postcode", "number", "website"

_WORDS = {
    GIVEN: "first_name firstname given_name givenname forename vorname 名 名字",
    FAMILY: "surname last_name lastname family_name familyname nachname 姓 姓氏",
    NAME: "name full_name fullname person contact contact_name 姓名 联系人 全名 名称",
    BIRTH_DATE: "dob date_of_birth birth_date birthdate birthday geburtsdatum 出生日期 生日",
    CITY: "city town suburb locality ort stadt birth_place 城市 市 所在城市",
    EMAIL: "email e_mail mail email_address e_mail_address email_1 email_2 邮箱 电子邮件 电子邮箱 邮件",
    PHONE: "phone telephone tel mobile cell phone_number mobile_phone telefon fax_number 电话 手机 手机号 电话号码 联系电话 手机号码",
    COMPANY: "company company_name account account_name organisation organization employer firma legal_name 公司 公司名称 单位 客户 客户名称 企业名称",
    STREET: "street address address_1 address1 street_address strasse 地址 街道 详细地址",
    POSTCODE: "postcode postal_code zip zip_code zipcode plz postcode_fake 邮编 邮政编码",
    NUMBER: "tax_number vat_number vat_id soc_sec_id ssn national_id id_number 税号 纳税人识别号 统一社会信用代码 身份证 身份证号",
    WEBSITE: "website web_site web homepage url domain 网站 网址",
}  # fmt: skip
_MARKS = re.compile(r"[\W_]+")


def _bare(header: str) -> str:
    return _MARKS.sub("", header.casefold())


_ROLES = {_bare(word): role for role, words in _WORDS.items() for word in words.split()}


def role_of(header: str, *, companies: bool = False) -> str:
    """What the column holds, or "". In a list of companies, "name" is the company's."""
    role = _ROLES.get(_bare(header), "")
    return COMPANY if companies and role == NAME else role
