"""Texts with a secret in them (and the secret), and innocent ones, written beside the rules."""

A40 = "a1B2c3D4e5F6g7H8i9J0" * 2
HEX64 = "0123456789abcdef" * 4

SHAPES: list[tuple[str, str]] = [
    ("redis://:s3cretPw@cache.example:6379/0", "s3cretPw"),
    ("postgres://ann:p@ss:w0rd@db.example/app", "p@ss:w0rd"),
    ("deploy --user ann --password Tr0ub4dor", "Tr0ub4dor"),
    ("mysql -u root -pS3cretRoot shop", "S3cretRoot"),
    ("mysqldump -h db -pHunter22 shop > a.sql", "Hunter22"),
    ("curl -u ann:Tr0ub4dor https://a.example", "Tr0ub4dor"),
    ("tool --token=abcDEF123456 run", "abcDEF123456"),
    ("amqp://guest:gu3stPw@mq.example", "gu3stPw"),
    (f"dop_v1_{HEX64}", HEX64), (f"pplx-{A40}", A40), (f"sbp_{HEX64[:40]}", HEX64[:40]), (f"lin_api_{A40}", A40),
    (f"ntn_{A40}", A40), (f"figd_{A40}", A40), (f"nvapi-{A40}{A40}", A40), (f"tvly-{A40}", A40), (f"hvs.{A40}", A40),
    (f"ya29.{A40}", A40), (f"GOCSPX-{A40[:28]}", A40[:28]), (f"rnd_{A40}", A40), (f"ATATT3{A40}{A40}", A40),
    (f"sk-ant-{A40}", A40), (f"sk-proj-{A40}", A40), (f"hf_{A40}", A40), (f"ghp_{A40[:36]}", A40[:36]),
    (f"r8_{A40[:37]}", A40[:37]), (f"glsa_{A40[:32]}_0123abcd", A40[:32]), (f"npm_{A40[:36]}", A40[:36]),
    ("My IBAN is DE89 3704 0044 0532 0130 00", "0532"), ("IBAN GB29NWBK60161331926819", "NWBK"),
    ("FR1420041010050500013M02606", "20041010"), ("Card 4111 1111 1111 1111", "4111"),
    ("My password is Sommer2024", "Sommer2024"), ("Mein Passwort ist Sommer2024", "Sommer2024"),
    ("Mijn wachtwoord is Zomer2024", "Zomer2024"), ("Mitt lösenord är Sommar2024", "Sommar2024"),
    ("La mia password è Estate2024", "Estate2024"), ("Moje hasło to Lato2024", "Lato2024"),
    ("Mé heslo je Leto2024", "Leto2024"), ("Salasanani on Kesa2024", "Kesa2024"),
    ("パスワードはNatsu2024です", "Natsu2024"), ("비밀번호는 Summer2024", "Summer2024"),
    ("Mật khẩu là Mua2024he", "Mua2024he"), ("Kata sandi saya adalah Panas2024", "Panas2024"),
    ("Ο κωδικός είναι Kalo2024", "Kalo2024"), ("我的密码是Xiatian2024", "Xiatian2024"),
    ("Мой пароль — Leto2024", "Leto2024"), ("Şifrem: Yaz2024", "Yaz2024"),
    ("My pass\u200bword is Sommer2024", "Sommer2024"), (f"sk-ant-{A40[:20]}\u200b{A40[20:]}", A40[:20]),
]  # fmt: skip

INNOCENT: list[str] = [
    'The password is "swordfish" in the film', "I forgot my password again", "The token is expired",
    "My password manager is great", "The secret of the soup is salt", "Password: required", "He is a token member",
    "See http://localhost:8000/a@b", "ssh ann@host.example", "The key is under the mat", "run --password $PW",
    "mysql -p shop", "tool --token <TOKEN>", "git commit --all", "docker run -p 8080:80 nginx", "mkdir -p a/b/c",
    "Order 1234 5678 9012 3456 arrived", "My phone is +44 20 7946 0958", "ISBN 978-3-16-148410-0", "The key to success",
    "commit 0123456789abcdef0123456789abcdef01234567", "uuid 123e4567-e89b-12d3-a456-426614174000",
    "Das Passwort ist falsch", "Le mot de passe est faux", "La clave es la paciencia", "Parola d'ordine: pazienza",
    "Write to ann@mail.example:25", "Meet at 10:30@noon", "DE is Germany, GB29 is a road", "My pin board is full",
]  # fmt: skip
