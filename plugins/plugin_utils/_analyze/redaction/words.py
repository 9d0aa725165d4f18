# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of the language of logs. A name that is one of them is replaced only where it is clear that a name is meant."""

from __future__ import annotations

import typing as t

WORDS: t.Final = frozenset(
    """
a about above accept accepted access accessed account accounts across action actions active activity add added
address addresses admin administrator after again against agent agents all allow allowed already also always an
analyser analysis analytics analyze analyzed analyzer and anonymous another answer answered any api app application
applications apply approved archive are area argument arguments array as asset assets at attempt attempts attribute
audit auth authentication authorization automatic available average back backend background backup bad balance base
based basic batch be because been before begin begins behind being below between binary bind block blocked body
boolean both bound box branch broken browser buffer bug build bundle business busy but button by byte bytes cache
cached call called can cancel canceled cancelled cannot capacity case catalog category cause center central
certificate certificates chain change changed changes channel char character check checked checks child choose
cipher class clean cleanup clear client clients clock clone close closed cloud cluster code collect collected
collection collections column columns command comment commit common company compare complete completed component
compute computer computers condition config configuration configure confirm conflict connect connected connection
connections connector console consumer contact contain contains content context continue control controller copy
core corp corporate correct could count country crash create created creates creating credential critical crypto
cryptography current custom customer customers cycle daemon daily damaged dashboard data database databases dataset
date dates day days dead debug decode default defaults define delay delete deleted demo denied deny department
deploy deployed deployment deployments description desktop detail details detected dev developer developers
development device devices did different digest direct directory disable disabled disconnect disk dispatch display
distinct do document does domain domains done down download driver drop dropped dump duplicate during each edit
editor element elements else email employee empty enable enabled encode encrypted encryption end ended endpoint
endpoints engine enough ensure enter enterprise entity entries entry environment equal error errors escape evaluate
event events every exact example exceed exceeded except exception exceptions exchange exclude execute executed
execution exist existing exists exit expected expired explorer export exported extend external extra fact fail
failed failover fails failure failures false fatal feature fetch few field fields file files filter filters final
find finding findings finished first fix flag flow folder follow for forbidden force form format found frame from
front frontend full function gateway general generate generated generator generic get give given global good got
graph group groups guard guest guide had handle handled handler handling handshake has hash have he head header
headers health healthy heap held help here hidden high history home hook host hosts hour hours how html http https i
id identity idle if ignore ignored image import imported in include included incomplete incorrect index indexer
indices info information infrastructure init initial input insert inside install installed instance instances
integer integration integrity interface internal interval into invalid inventory invite is issue it item items
iteration its java jira job jobs join journal just keep kernel key keys keystore kill kind know known label language
large last late latency latest launch layer lead leader length less let level levels library license light like
limit limits line lines link links linux list listen listener lists literal live load loaded loader loading local
localhost location lock locked log logged logger logging login logins logout logs long lookup loop lost low lower
machine machines made mail main maintenance make manage managed management manager manual many map mark master match
maximum may mean measure member members memory merge message messages meta metadata method metric metrics middle
migrate migration minimum minute minutes mirror missing mobile mode model modified module modules monitor monitoring
month more most mount move moved much multiple must my name names native need needed negative net network networks
never new newest next night no node nodes none normal not note nothing notification now null number numbers object
objects of off office offline offset ok old on once one online only open opened operation operations operator option
optional options or order organization original other others our out output outside over overview owner package
packages page pages panel parallel parameter parameters parent parse parser part partial partner parts party pass
passed passphrase password passwords past patch path paths pattern pending people per percent performance permission
permissions permitted person phase pid ping place plain plan platform please plugin point policies policy pool port
portal position possible post power prepare present previous primary print prior private probe problem process
processed processes processing processor prod producer product production profile profiles program progress project
projects prompt property protected protocol provider proxy public publish published pull purge push put python qa
quality queries query question questions queue quick quit quota random range rate raw reach reached read reader
readonly ready real reason receive received recent record records recover recursion redirect redis reduce refresh
refused register registry regular reject rejected related release reload remaining remote remove removed rename
renew replica replicate replication report reporter reporting reports repository request requested requests require
required reset resolve resource resources respond response responses rest restart restore result results resume
retry return returned revoke right role roles roll root rotate route router row rows rule rules run runner running
runs runtime safe same sample save saved scale scan scanned scanner scans schedule scheduled scheduler schema scope
score screen script search second seconds secret secrets section secure security see seen select self send sender
sensor sent sequence serial series server servers service services session sessions set setting settings setup
several severity shadow shared shell short should show shut shutdown side sign signature signed signing simple since
single site sites size skip skipped slave sleep slot slow small snapshot so socket software some soon source space
spec special specified split stack staff stage staging stale standard start started starting starts startup state
statement static statistics status step steps still stop stopped storage store stored stream string strong structure
style sub subject submit success successful such suite summary super supervisor supplier support supported suspend
switch sync synchronize syntax system systems table tables tag tags take taken tanium target targets task tasks tcp
team teams template temporary tenant term terminal terminated test tester testing tests text than that the their
them then there these they thing this thread threads through ticket time timed timeout times timestamp title tls to
today token tokens too tool tools top topic total trace traceback traces track traffic trail transaction transfer
tree trial trigger true trust trusted try tunnel two type types unable unauthorized unavailable under unexpected
unique unit unknown unless until unused up update updated updates upgrade upload uptime url usage use used user
username users using utc utility valid validate validated validation value values vault vendor verbose verified
verify version via view viewer views virtual visit volume wait waiting walk warn warning was watch watcher we web
webapp week weekly well were what when where which while who whole why wide will window windows with within without
word work worker workers workflow workload workspace world would write writer writing written wrong year years yes
yet you your zone
""".split()  # noqa: SIM905 (a list would be a line a word)
)
