"""What is traded and forged: products, their codes, and which parts and labels go with them."""

from typing import NamedTuple

from entente.alert.record import CommodityGroup, RiskArea


class Product(NamedTuple):
    """A kind of goods. ``use`` is goods, label, package or part; ``line`` ties these together."""

    key: str
    category: str | None
    hs: str
    group: CommodityGroup
    unit: str
    mass: float
    """Kilograms of one unit."""
    price: int
    """Of the genuine article, in euro."""
    line: str
    use: str
    risk: RiskArea | None
    english: str
    french: str
    declared: str
    """What it is often declared as."""
    declared_hs: str


_TABLE = """
trainers 4a 640411 ipr NPR 0.9 110 shoes goods - sports_shoes chaussures_de_sport shoes 640299
boots 4b 640399 ipr NPR 1.2 160 shoes goods - leather_boots bottes_en_cuir footwear 640299
shirts 3a 610910 ipr H87 0.2 35 clothes goods - cotton_t-shirts tee-shirts_en_coton garments 610910
jackets 3a 620193 ipr H87 0.8 180 clothes goods - padded_jackets vestes_matelassées garments 620193
jeans 3a 620342 ipr H87 0.7 90 clothes goods - denim_trousers pantalons_en_denim garments 620342
belts 3b 420330 ipr H87 0.2 70 bags goods - leather_belts ceintures_en_cuir accessories 392690
bags 5b 420221 ipr H87 0.9 400 bags goods - handbags sacs_à_main bags 420292
wallets 5b 420231 ipr H87 0.2 120 bags goods - wallets portefeuilles gift 392690
sunglasses 5a 900410 ipr H87 0.1 150 eyewear goods - sunglasses lunettes_de_soleil plastic_glasses 900490
watches 5c 910211 ipr H87 0.2 900 watches goods - wrist_watches montres-bracelets clocks 910529
jewels 5d 711719 ipr H87 0.1 80 jewels goods - fashion_jewellery bijoux_fantaisie metal_articles 732690
perfume 2a 330300 ipr H87 0.3 85 perfume goods cosmetic perfume parfum cosmetics 330499
makeup 2a 330499 ipr H87 0.1 30 perfume goods cosmetic make-up maquillage cosmetics 330499
phones 6a 851713 ipr H87 0.3 700 phones goods electrical mobile_phones téléphones_portables electronics 851779
earphones 7a 851830 ipr H87 0.1 120 phones goods electrical earphones écouteurs electronics 851830
chargers 7e 850440 ipr H87 0.1 25 phones goods electrical chargers chargeurs adapters 850440
toner 7c 844399 ipr H87 0.8 75 toner goods - toner_cartridges cartouches_de_toner printer_parts 844399
toys 9a 950300 ipr H87 0.4 30 toys goods toy toys jouets plastic_articles 392690
games 9b 950450 ipr H87 0.5 60 toys goods electrical game_consoles consoles_de_jeu electronics 950490
filters 12b 842123 ipr H87 0.6 20 car goods vehicle_part oil_filters filtres_à_huile auto_parts 870899
airbags 12b 870895 ipr H87 1.5 300 car goods vehicle_part airbags coussins_gonflables auto_parts 870899
pads 12b 870830 ipr H87 1.8 60 car goods vehicle_part brake_pads plaquettes_de_frein auto_parts 870899
batteries 7e 850650 ipr H87 0.1 9 batteries goods electrical batteries piles batteries 850610
razors 2b 821220 ipr H87 0.1 4 razors goods - razor_blades lames_de_rasoir hardware 820559
pills 11 300490 medicines H87 0.01 9 medicine goods medicine tablets comprimés food_supplement 210690
syrup 11 300490 medicines H87 0.2 12 medicine goods medicine cough_syrup sirop food_supplement 210690
sauce 1a 210390 ipr H87 0.5 4 food goods food sauces sauces foodstuff 210690
milk 1a 190110 ipr KGM 1.0 25 food goods food infant_formula lait_infantile foodstuff 190190
whisky 1b 220830 alcohol LTR 1.2 60 spirits goods food whisky whisky beverages 220290
cigarettes 10a 240220 tobacco MIL 1.0 300 tobacco goods - cigarettes cigarettes furniture 940360
vapes 10b 240412 tobacco H87 0.1 12 tobacco goods electrical e-cigarettes cigarettes_électroniques electronics 854370
labels 12e 580710 ipr H87 0.002 1 clothes label - woven_labels étiquettes_tissées textile_accessories 580710
tags 12e 482110 ipr H87 0.003 1 shoes label - printed_tags étiquettes_imprimées paper_articles 482110
boxes 12g 481920 ipr H87 0.05 1 perfume package - printed_boxes boîtes_imprimées paper_articles 481920
plates 12e 831000 ipr H87 0.01 2 bags label - metal_logo_plates plaques_métalliques metal_articles 831000
blisters 12g 392330 ipr H87 0.02 1 medicine package - blister_packs plaquettes_vides plastic_articles 392330
soles 12h 640620 ipr NPR 0.3 6 shoes part - shoe_soles semelles rubber_articles 401699
dials 12h 911490 ipr H87 0.02 9 watches part - watch_dials cadrans_de_montre metal_articles 732690
covers 6b 851779 ipr H87 0.05 15 phones part electrical phone_housings coques_de_téléphone plastic_articles 392690
bottles 12g 701090 ipr H87 0.2 2 perfume part - perfume_bottles flacons_de_parfum glassware 701090
cocaine - 293991 drugs KGM 1.0 40000 drugs goods - cocaine cocaïne fruit 080390
heroin - 293911 drugs KGM 1.0 30000 drugs goods - heroin héroïne machinery 847989
pangolin - 050790 wildlife KGM 1.0 900 wildlife goods - pangolin_scales écailles_de_pangolin dried_fish 030559
ivory - 050710 wildlife KGM 1.0 800 wildlife goods - ivory ivoire timber 440399
banknotes - 490700 cash H87 0.001 100 cash goods - banknotes billets_de_banque documents 490110
"""


def _products() -> tuple[Product, ...]:
    rows = []
    for line in _TABLE.strip().splitlines():
        key, category, hs, group, unit, mass, price, kin, use, risk, *words = line.split()
        english, french, declared, declared_hs = (w.replace("_", " ") for w in words)
        rows.append(
            Product(
                key, None if category == "-" else category, hs, group, unit,  # type: ignore[arg-type]  # a literal in the table above
                float(mass), int(price), kin, use, None if risk == "-" else risk,  # type: ignore[arg-type]  # the same
                english, french, declared, declared_hs,
            )
        )  # fmt: skip
    return tuple(rows)


PRODUCTS = _products()
BY_KEY = {product.key: product for product in PRODUCTS}
BRANDED = tuple(
    p for p in PRODUCTS if p.use == "goods" and p.group not in ("drugs", "wildlife", "cash")
)
"""Finished goods that carry a brand."""
OTHER = tuple(BY_KEY[k] for k in ("cocaine", "heroin", "pangolin", "ivory", "banknotes"))
"""Goods of other crimes."""


def companions(line: str, use: str) -> tuple[Product, ...]:
    """Labels, packages or parts (``use``) that belong to a line of goods."""
    return tuple(p for p in PRODUCTS if p.line == line and p.use == use)
