/*
 * records.h - what swanctl 5.9.8 printed with --raw, recorded as it came
 *
 * Two charons with kernel-libipsec and a shared key in network namespaces.
 */
#ifndef CUTOVER_TESTS_STRONGSWAN_RECORDS_H
#define CUTOVER_TESTS_STRONGSWAN_RECORDS_H

/* no SA */
static const char rec_none[] = "list-sas reply {}\n";

/* the peer does not answer */
static const char rec_connecting[] =
	"list-sa event {azure {uniqueid=1 version=2 state=CONNECTING "
	"local-host=198.51.100.2 local-port=4500 local-id=C=CH, O=Lab"
	", CN=a remote-host=198.51.100.1 remote-port=4500 remote-id=%"
	"any initiator=yes initiator-spi=8663f769e0a18f95 responder-s"
	"pi=743148f8cc04e05f nat-remote=yes nat-any=yes encr-alg=AES_"
	"CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_128 prf-alg=PRF"
	"_HMAC_SHA2_256 dh-group=MODP_2048 tasks-active=[IKE_CERT_PRE"
	" IKE_AUTH IKE_CERT_POST IKE_AUTH_LIFETIME IKE_MOBIKE IKE_EST"
	"ABLISH CHILD_CREATE] child-sas {}}}\n"
	"list-sas reply {}\n";

/* established, 7 packets out, 6 in */
static const char rec_up[] =
	"list-sa event {azure {uniqueid=3 version=2 state=ESTABLISHED"
	" local-host=198.51.100.2 local-port=4500 local-id=C=CH, O=La"
	"b, CN=a remote-host=198.51.100.1 remote-port=4500 remote-id="
	"C=CH, O=Lab, CN=b initiator=yes initiator-spi=8ed44f9d26aaa0"
	"24 responder-spi=21c62c490a6fdf7b nat-remote=yes nat-any=yes"
	" encr-alg=AES_CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_1"
	"28 prf-alg=PRF_HMAC_SHA2_256 dh-group=MODP_2048 established="
	"1 rekey-time=13246 child-sas {net-2 {name=net uniqueid=2 req"
	"id=1 state=INSTALLED mode=TUNNEL protocol=ESP encap=yes spi-"
	"in=8fb74248 spi-out=2c3ed604 encr-alg=AES_CBC encr-keysize=2"
	"56 integ-alg=HMAC_SHA2_256_128 bytes-in=936 packets-in=6 use"
	"-in=1 bytes-out=896 packets-out=7 use-out=1 rekey-time=3304 "
	"life-time=3959 install-time=1 local-ts=[10.1.0.0/24 10.1.1.0"
	"/24] remote-ts=[10.2.0.0/24 10.2.1.0/24]}}}}\n"
	"list-sas reply {}\n";

/* after three rekeys, the old children not yet gone */
static const char rec_rekeyed[] =
	"list-sa event {azure {uniqueid=3 version=2 state=ESTABLISHED"
	" local-host=198.51.100.2 local-port=4500 local-id=C=CH, O=La"
	"b, CN=a remote-host=198.51.100.1 remote-port=4500 remote-id="
	"C=CH, O=Lab, CN=b initiator=yes initiator-spi=8ed44f9d26aaa0"
	"24 responder-spi=21c62c490a6fdf7b nat-remote=yes nat-any=yes"
	" encr-alg=AES_CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_1"
	"28 prf-alg=PRF_HMAC_SHA2_256 dh-group=MODP_2048 established="
	"1 rekey-time=13246 child-sas {net-2 {name=net uniqueid=2 req"
	"id=1 state=DELETED mode=TUNNEL protocol=ESP encap=yes spi-in"
	"=8fb74248 spi-out=2c3ed604 encr-alg=AES_CBC encr-keysize=256"
	" integ-alg=HMAC_SHA2_256_128 bytes-in=936 packets-in=6 use-i"
	"n=1 bytes-out=896 packets-out=7 use-out=1 rekey-time=3304 li"
	"fe-time=3959 install-time=1 local-ts=[10.1.0.0/24 10.1.1.0/2"
	"4] remote-ts=[10.2.0.0/24 10.2.1.0/24]} net-4 {name=net uniq"
	"ueid=4 reqid=1 state=DELETED mode=TUNNEL protocol=ESP encap="
	"yes spi-in=73dde6ad spi-out=dd92defb encr-alg=AES_CBC encr-k"
	"eysize=256 integ-alg=HMAC_SHA2_256_128 bytes-in=0 packets-in"
	"=0 bytes-out=0 packets-out=0 rekey-time=3265 life-time=3960 "
	"install-time=0 local-ts=[10.1.0.0/24 10.1.1.0/24] remote-ts="
	"[10.2.0.0/24 10.2.1.0/24]} net-5 {name=net uniqueid=5 reqid="
	"1 state=DELETED mode=TUNNEL protocol=ESP encap=yes spi-in=5f"
	"e6a560 spi-out=3eae45b5 encr-alg=AES_CBC encr-keysize=256 in"
	"teg-alg=HMAC_SHA2_256_128 bytes-in=0 packets-in=0 bytes-out="
	"0 packets-out=0 rekey-time=3303 life-time=3960 install-time="
	"0 local-ts=[10.1.0.0/24 10.1.1.0/24] remote-ts=[10.2.0.0/24 "
	"10.2.1.0/24]} net-6 {name=net uniqueid=6 reqid=1 state=INSTA"
	"LLED mode=TUNNEL protocol=ESP encap=yes spi-in=e0045be5 spi-"
	"out=2d5aa876 encr-alg=AES_CBC encr-keysize=256 integ-alg=HMA"
	"C_SHA2_256_128 bytes-in=0 packets-in=0 bytes-out=0 packets-o"
	"ut=0 rekey-time=3246 life-time=3960 install-time=0 local-ts="
	"[10.1.0.0/24 10.1.1.0/24] remote-ts=[10.2.0.0/24 10.2.1.0/24"
	"]}}}}\n"
	"list-sas reply {}\n";

/* the IKE SA is just being rekeyed, no child */
static const char rec_ike_rekey[] =
	"list-sa event {azure {uniqueid=1 version=2 state=REKEYING lo"
	"cal-host=198.51.100.2 local-port=4500 local-id=C=CH, O=Lab, "
	"CN=a remote-host=198.51.100.1 remote-port=4500 remote-id=C=C"
	"H, O=Lab, CN=b initiator=yes initiator-spi=85cbe2f6ca70ace9 "
	"responder-spi=93d6c7c5529349c7 nat-remote=yes nat-any=yes en"
	"cr-alg=AES_CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_128 "
	"prf-alg=PRF_HMAC_SHA2_256 dh-group=MODP_2048 tasks-active=[I"
	"KE_REKEY] child-sas {}}}\n"
	"list-sas reply {}\n";

/* the IKE SA alone */
static const char rec_no_child[] =
	"list-sa event {azure {uniqueid=3 version=2 state=ESTABLISHED"
	" local-host=198.51.100.2 local-port=4500 local-id=C=CH, O=La"
	"b, CN=a remote-host=198.51.100.1 remote-port=4500 remote-id="
	"C=CH, O=Lab, CN=b initiator=yes initiator-spi=8ed44f9d26aaa0"
	"24 responder-spi=21c62c490a6fdf7b nat-remote=yes nat-any=yes"
	" encr-alg=AES_CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_1"
	"28 prf-alg=PRF_HMAC_SHA2_256 dh-group=MODP_2048 established="
	"1 rekey-time=13246 child-sas {}}}\n"
	"list-sas reply {}\n";

/* counters beyond 32 bits */
static const char rec_big[] =
	"list-sa event {azure {uniqueid=1 version=2 state=ESTABLISHED"
	" local-host=198.51.100.1 local-port=4500 local-id=C=CH, O=La"
	"b, CN=b remote-host=198.51.100.2 remote-port=4500 remote-id="
	"C=CH, O=Lab, CN=a initiator-spi=41285487f4a9245f responder-s"
	"pi=2ce48fc48094c382 nat-remote=yes nat-any=yes encr-alg=AES_"
	"CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_128 prf-alg=PRF"
	"_HMAC_SHA2_256 dh-group=MODP_2048 established=100 rekey-time"
	"=13092 child-sas {net-1 {name=net uniqueid=1 reqid=1 state=I"
	"NSTALLED mode=TUNNEL protocol=ESP encap=yes spi-in=3699687b "
	"spi-out=17f715c9 encr-alg=AES_CBC encr-keysize=256 integ-alg"
	"=HMAC_SHA2_256_128 bytes-in=0 packets-in=0 bytes-out=7385669"
	"032 packets-out=11958344 use-out=0 rekey-time=3219 life-time"
	"=3860 install-time=100 local-ts=[0.0.0.0/0] remote-ts=[0.0.0"
	".0/0]}}}}\n"
	"list-sas reply {}\n";

/* the loaded connections */
static const char rec_conns[] =
	"list-conn event {azure {local_addrs=[198.51.100.2] remote_ad"
	"drs=[198.51.100.1] version=IKEv2 reauth_time=0 rekey_time=14"
	"400 unique=UNIQUE_NO local-1 {id=C=CH, O=Lab, CN=a class=pre"
	"-shared key groups=[] cert_policy=[] certs=[] cacerts=[]} re"
	"mote-1 {class=pre-shared key groups=[] cert_policy=[] certs="
	"[] cacerts=[]} children {net {mode=TUNNEL rekey_time=3600 re"
	"key_bytes=0 rekey_packets=0 dpd_action=none close_action=non"
	"e local-ts=[10.1.0.0/24 10.1.1.0/24] remote-ts=[10.2.0.0/16]"
	"}}}}\n"
	"list-conn event {spare {local_addrs=[%any] remote_addrs=[203"
	".0.113.99] version=IKEv1/2 reauth_time=0 rekey_time=14400 un"
	"ique=UNIQUE_NO local-1 {class=pre-shared key groups=[] cert_"
	"policy=[] certs=[] cacerts=[]} remote-1 {class=pre-shared ke"
	"y groups=[] cert_policy=[] certs=[] cacerts=[]} children {ot"
	"her {mode=TUNNEL rekey_time=3600 rekey_bytes=0 rekey_packets"
	"=0 dpd_action=none close_action=none local-ts=[dynamic] remo"
	"te-ts=[10.9.0.0/16]}}}}\n"
	"list-conns reply {}\n";

#endif
