/**
 * What is tried first, in lower case, of eight characters or more: what heads every list of leaked passwords. A list of
 * millions would stop little more, since attempts are slowed down after a handful.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  12345678 123456789 1234567890 12345678910 0123456789 123456789a 1234567891 987654321 87654321 9876543210 0987654321
  11223344 12341234 12344321 123123123 112233445566 1122334455 123321123 12121212 147258369 159753456 741852963 789456123
  password password1 password12 password123 password1234 password12345 password! password1! passw0rd p@ssw0rd p@ssword
  p@ssw0rd1 p@ssw0rd123 passw0rd1 pa$$w0rd passwort passwort1 contraseña motdepasse mypassword newpassword changeme
  changeme1 changeme123 changeit letmein1 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome1! welcome123!
  qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyqwerty qwertzui qwertzuiop azertyuiop asdfghjk
  asdfghjkl asdfasdf asdf1234 zxcvbnm1 zxcvbnm123 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx
  1qaz2wsx3edc qazwsxedc qazwsx123 1qazxsw2 zaq12wsx zaq1zaq1 abcd1234 abc12345 abcdefgh abcdefg1 a1b2c3d4 a1234567
  a12345678 aa123456 aa12345678 abc123456 admin123 admin1234 admin12345 administrator adminadmin rootroot root1234
  toor1234 test1234 testtest test12345 testing123 guest1234 user1234 username login123 default1 secret123 secretsecret
  iloveyou iloveyou1 iloveyou2 sunshine sunshine1 princess princess1 football football1 baseball baseball1 basketball
  superman superman1 batman123 starwars starwars1 trustno1 whatever whatever1 computer computer1 internet michelle
  jennifer jessica1 charlie1 michael1 jordan23 liverpool chelsea1 arsenal1 barcelona realmadrid mercedes ferrari1
  corvette mustang1 samsung1 dragon123 monkey123 master123 shadow123 killer123 hello123 hellohello lovelove helloworld
  hunter12 freedom1 ninja123 pokemon1 pokemon123 minecraft fortnite cheese123 chocolate butterfly elephant september
  november december january1 summer2023 summer2024 summer2025 summer2026 winter2023 winter2024 winter2025 winter2026
  spring2024 spring2025 spring2026 autumn2025 company1 company123 business1 security1 correcthorsebatterystaple google123
  facebook1 linkedin1 dropbox1 atriz123 mextrack1 mextrack123 pshop1234 postgres postgres1 postgres123 postgresql
`
    .trim()
    .split(/\s+/),
);
