"""Countries and places of the simulated trade.

Country codes, UN/LOCODEs and dialling codes are the real ones, so that the stream passes the
validator of the door; everything else (streets, numbers, people) is invented per seed.
"""

from typing import NamedTuple


class City(NamedTuple):
    """A place with a UN/LOCODE; ``short`` is what firms abbreviate it to in their names."""

    country: str
    name: str
    locode: str

    @property
    def short(self) -> str:
        """Initials or the first two letters, in capitals: ``GZ`` style abbreviations differ."""
        words = self.name.split()
        return "".join(w[0] for w in words) if len(words) > 1 else self.name[:2].upper()


class Country(NamedTuple):
    """What the simulator knows of a country."""

    code: str
    region: str
    dial: str
    digits: int
    """Length of a mobile number without country code."""
    mobile: str
    """What mobile numbers start with."""
    culture: str
    currency: str
    cities: tuple[City, ...]


_TABLE = """
CN asia-pacific 86 11 1 zh CNY Guangzhou=CNGGZ,Shenzhen=CNSNZ,Yiwu=CNYIU,Putian=CNPUT,Ningbo=CNNBO,Shanghai=CNSGH,Xiamen=CNXAM
HK asia-pacific 852 8 6 zh HKD Hong_Kong=HKHKG
TW asia-pacific 886 9 9 zh TWD Kaohsiung=TWKHH
VN asia-pacific 84 9 9 vi VND Haiphong=VNHPH,Hanoi=VNHAN,Ho_Chi_Minh_City=VNSGN
TH asia-pacific 66 9 8 en THB Bangkok=THBKK,Laem_Chabang=THLCH
KH asia-pacific 855 9 9 en KHR Phnom_Penh=KHPNH
SG asia-pacific 65 8 8 zh SGD Singapore=SGSIN
MY asia-pacific 60 9 1 zh MYR Port_Klang=MYPKG,Kuala_Lumpur=MYKUL
ID asia-pacific 62 10 8 en IDR Jakarta=IDJKT,Surabaya=IDSUB
PH asia-pacific 63 10 9 es PHP Manila=PHMNL,Cebu=PHCEB
JP asia-pacific 81 10 9 en JPY Tokyo=JPTYO,Yokohama=JPYOK,Osaka=JPOSA
KR asia-pacific 82 10 1 en KRW Busan=KRPUS,Incheon=KRINC
AU asia-pacific 61 9 4 en AUD Sydney=AUSYD,Melbourne=AUMEL
IN asia-pacific 91 10 9 in INR Mumbai=INBOM,Tiruppur=INTUP,Delhi=INDEL
PK asia-pacific 92 10 3 in PKR Karachi=PKKHI,Sialkot=PKSKT
BD asia-pacific 880 10 1 in BDT Dhaka=BDDAC
DE western-europe 49 10 1 en EUR Hamburg=DEHAM,Leipzig=DELEJ,Frankfurt=DEFRA
NL western-europe 31 9 6 en EUR Rotterdam=NLRTM,Amsterdam=NLAMS
BE western-europe 32 9 4 en EUR Antwerp=BEANR,Liege=BELGG
FR western-europe 33 9 6 en EUR Le_Havre=FRLEH,Marseille=FRMRS,Roissy=FRROI
IT western-europe 39 10 3 es EUR Napoli=ITNAP,Genova=ITGOA,Milano=ITMIL
ES western-europe 34 9 6 es EUR Valencia=ESVLC,Algeciras=ESALG,Madrid=ESMAD
GB western-europe 44 10 7 en GBP Felixstowe=GBFXT,London=GBLON
PL eastern-central-europe 48 9 5 ru PLN Gdansk=PLGDN,Warszawa=PLWAW
RO eastern-central-europe 40 9 7 es RON Constanta=ROCND
BG eastern-central-europe 359 9 8 ru BGN Varna=BGVAR
GR eastern-central-europe 30 10 6 es EUR Piraeus=GRPIR
HR eastern-central-europe 385 9 9 ru EUR Rijeka=HRRJK
AL eastern-central-europe 355 9 6 tr ALL Durres=ALDRZ
TR eastern-central-europe 90 10 5 tr TRY Istanbul=TRIST,Mersin=TRMER,Izmir=TRIZM
UA eastern-central-europe 380 9 6 ru UAH Odesa=UAODS
RU cis 7 10 9 ru RUB Moscow=RUMOW,Vladivostok=RUVVO
KZ cis 7 10 7 ru KZT Almaty=KZALA
UZ cis 998 9 9 ru UZS Tashkent=UZTAS
AE middle-east 971 9 5 ar AED Dubai=AEDXB,Jebel_Ali=AEJEA,Sharjah=AESHJ
SA middle-east 966 9 5 ar SAR Jeddah=SAJED
JO middle-east 962 9 7 ar JOD Amman=JOAMM
EG north-africa 20 10 1 ar EGP Port_Said=EGPSD
MA north-africa 212 9 6 ar MAD Casablanca=MACAS,Tanger=MAPTM
DZ north-africa 213 9 5 ar DZD Alger=DZALG
TN north-africa 216 8 2 ar TND Rades=TNRDS
NG west-africa 234 10 8 af NGN Lagos=NGLOS,Apapa=NGAPP
GH west-africa 233 9 2 af GHS Tema=GHTEM
SN west-africa 221 9 7 af XOF Dakar=SNDKR
CI west-africa 225 10 0 af XOF Abidjan=CIABJ
CM central-africa 237 9 6 af XAF Douala=CMDLA
KE east-southern-africa 254 9 7 af KES Mombasa=KEMBA,Nairobi=KENBO
TZ east-southern-africa 255 9 7 af TZS Dar_es_Salaam=TZDAR
ZA east-southern-africa 27 9 8 en ZAR Durban=ZADUR,Johannesburg=ZAJNB
BR south-america 55 11 1 es BRL Santos=BRSSZ,Paranagua=BRPNG
CL south-america 56 9 9 es CLP Valparaiso=CLVAP
PE south-america 51 9 9 es PEN Callao=PECLL,Lima=PELIM
AR south-america 54 10 1 es ARS Buenos_Aires=ARBUE
CO south-america 57 10 3 es COP Bogota=COBOG,Cartagena=COCTG
PA central-america 507 8 6 es PAB Balboa=PABLB,Colon=PAONX
GT central-america 502 8 5 es GTQ Puerto_Quetzal=GTPRQ
DO caribbean 1 10 8 es DOP Santo_Domingo=DOSDQ
JM caribbean 1 10 8 en JMD Kingston=JMKIN
US caribbean 1 10 3 en USD Los_Angeles=USLAX,New_York=USNYC
"""


def _countries() -> dict[str, Country]:
    countries = {}
    for line in _TABLE.strip().splitlines():
        code, region, dial, digits, mobile, culture, currency, places = line.split()
        pairs = (entry.split("=") for entry in places.split(","))
        cities = tuple(City(code, name.replace("_", " "), locode) for name, locode in pairs)
        countries[code] = Country(
            code, region, dial, int(digits), mobile, culture, currency, cities
        )
    return countries


COUNTRIES = _countries()
"""By ISO 3166-1 alpha-2 code."""
SOURCES = ("CN", "HK", "TR", "VN", "IN", "PK", "TH", "AE", "MA", "BD", "UA", "KH", "MY", "TW")
"""Countries that the goods of the simulation are made in."""
HUBS = ("HK", "SG", "AE", "NL", "BE", "MY", "KR", "TR", "PA", "EG", "DE", "US")
"""Countries that goods pass through."""
