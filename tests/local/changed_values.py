"""Pairs of statements, the second of which gives a value of the first anew, and pairs that only sound so."""

CHANGED: list[tuple[str, str]] = [
    ("The deadline for the report is Friday.", "The deadline was pushed to Monday."),
    ("I go to the gym on Mondays.", "I switched my gym day to Thursdays."),
    ("I run five kilometres a day.", "I've cut my runs down to three kilometres."),
    ("My shift starts at six.", "My shift starts at seven from next week on."),
    ("The office is in Soho.", "The office moved to Camden."),
    ("The rent is 900 euros.", "The landlord raised the rent to 980."),
    ("Our budget for the garden is 4,000 euros.", "We lowered the budget to 3,500 euros."),
    ("The workshop on bees is on 12 May.", "They moved the workshop to 19 May."),
    ("El alquiler es de 900 euros.", "El casero ha subido el alquiler a 950 euros."),
    ("La reunión del equipo es el lunes.", "Han movido la reunión al martes."),
    ("I have the flu.", "I've got over the flu."),
]

UNCHANGED: list[tuple[str, str]] = [
    ("My sister's rent is 900 euros.", "My rent went up to 980 euros."),
    ("The deadline for the report is Friday.", "The deadline for the thesis was pushed to Monday."),
    ("My shift starts at six.", "The late shift starts at two now."),
    ("I paid 900 euros of rent in May.", "The rent went up to 980 euros."),
    ("I might go to the gym on Mondays.", "I switched my gym day to Thursdays."),
    ("I run five kilometres a day.", "I ran three kilometres yesterday."),
    ("The budget for the garden is 4,000 euros.", "The garden now has 12 apple trees."),
    ("The workshop with Ann is on 12 May.", "They moved the workshop with Bob to 19 May."),
    ("El alquiler de mi hermana es de 900 euros.", "Mi alquiler ha subido a 950 euros."),
    ("La reunión con Ana es el lunes.", "Han movido la reunión con Luis al martes."),
    ("I want to invite friends who live in Tokyo.", "I've been living in Harajuku for 3 months now."),
]
