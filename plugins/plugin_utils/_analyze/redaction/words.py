# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of the language of logs. A name that is one of them is replaced only where it is clear that a name is meant."""

from __future__ import annotations

import typing as t

WORDS: t.Final = frozenset(
    """
a about above accept accepted access accessed account accounts across action actions active activity add added addr
address addresses admin administrator after again against agent agents ahead all allow allowed already also although
always an analyser analysis analytics analyze analyzed analyzer and anonymous another answer answered any anything
api app application applications apply approved april aqtive archive archives are area argument arguments array as
asset assets at attempt attempts attribute audit august auth authentication authorization automatic available
average axis back backend background backup bad balance bars base based basic batch be because been before begin
begins behind being below between binary bind bit block blocked body boolean both bottom bound box branch break
breaks broken browser bucket buffer bug build bundle burst bursts business busy but button by byte bytes cache
cached call called can cancel canceled cancelled cannot capacity case catalog category cause center central
certificate certificates chain change changed changes channel char character characters chart check checked checks
checksum child choose cipher class clean cleanup clear client clients clock clocks clone clones close closed cloud
cluster code collect collected collection collections column columns command comment commit common company compare
complete completed completely completeness component compressed compression compute computer computers condition
config configuration configure confirm conflict conflicting conform connect connected connection connections
connector console consumer contact contain contains content context continue control controller copy core corp
corporate correct corrupt could count country counts cover covered crash create created creates creating credential
critical crossed crypto cryptography css current custom customer customers cycle daemon daily damaged dashboard data
database databases dataset date dated dates day days dead debug december decode decompressed deep default defaults
define delay delete deleted demo denied deny department deploy deployed deployment deployments description desktop
detail details detected determined dev developer developers development device devices did differ different digest
direct directory disable disabled disconnect disk dispatch display distinct do document does domain domains done
down download draw drawn driver drop dropped dsn dump duplicate duplicates duration during each earlier edit editor
element elements else email employee empty enable enabled encode encrypted encryption end ended endpoint endpoints
ends engine enough ensure enter enterprise entity entries entry environment equal error errors escape escaped
evaluate event events every exact example exceed exceeded except exception exceptions exchange exclude excluded
excludes execute executed execution exist existing exists exit expands expected expired explanation explorer export
exported extend external extra fact facts fail failed failover fails failure failures false far fatal feature
february fetch few field fields file files filter filtered filters final find finding findings fine finished first
fix flag fleet flow fold folded folder follow followed for forbidden force form format forwarded found frame from
front frontend full function further future gap gaps gateway general generate generated generator generic get give
given global good got granted graph grids group groups guard guest guide had half handle handled handler handling
handshake has hash hatched have he head header headers headline health healthy heap held help here hidden high
history home hook host hostname hosts hour hours how html http https i id identity idle ids if ignore ignored image
import imported in include included incomplete incorrect index indexer indices infinity info information
infrastructure init initial input ins insert inside install installed instance instances integer integration
integrity interface internal interval into invalid inventory invite is iso issue it item items iteration its january
java jira job jobs join journal journald json july june just keep keeps kept kernel key keys keystore keyword kill
kind kinds know known label lacks lanes language large last late latency later latest launch layer layers lead
leader least left length less let level levels library license light like limit limited limits line lines link links
linux list listen listener lists literal live load loaded loader loading local localhost location lock locked log
logged logger logging login logins logout logs lone long longer lookup loop lost low lower machine machines made
mail main maintenance make manage managed management manager manifest manual many map march mark masked master match
max maximum may mean measure measured measurement median member members memory merge message messages meta metadata
method metric metrics middle migrate migration min minimum minute minutes mirror missing mobile mode model modified
module modules monitor monitoring month more most mount move moved much multiple must my name names nan native
nearly need needed negative nested net network networks never new newest next night no node nodes none normal not
note nothing notification november now nul null number numbers object objects october of off office offline offset
ok old older oldest on once one online only open opened operation operations operator option optional options or
order organization original other others otherwise our out output outside over overview own owner package packages
page pages pairs panel parallel parameter parameters parent parse parser part partial partner parts party pass
passed passphrase passw password passwords past patch path paths pattern pending people per percent performance
period permission permissions permitted person phase pid ping place plain plan platform please plugin point pointer
policies policy pool port portal position possible post power predicate prepare present previous primary print prior
private probe problem process processed processes processing processor prod producer product production profile
profiles program progress project projects prompt property protected protocol provider proxy public publish
published pull purge push put pwd python qa quality queries query question questions queue quick quit quota random
range rate raw reach reached read reader readonly ready real reason reasons receive received recent record records
recover recursion redacted redirect redis reduce refresh refused register registry regular reject rejected related
release reload remainder remaining remote remove removed rename renew replaced replica replicate replication report
reporter reporting reports repository represent request requested requests require required reset resolve resource
resources respond response responses rest restart restore result results resume retry return returned revoke right
role roles roll root rose rotate route router row rows rule rules run runner running runs runtime safe same sample
save saved say says scale scan scanned scanner scans schedule scheduled scheduler schema scope score screen script
search second seconds secret secrets section sections secure security see seen select selected selects self send
sender sensor sent september sequence serial series server servers service services session sessions set setting
settings setup several severity sha shadow shared shell short should show shut shutdown side sign signature
signatures signed signing silence silent simple since single site sites size skew skewed skip skipped slave sleep
slot slow small snapshot so socket software some soon source space speaks spec special specified split sql src stack
stacked stacktrace staff stage staging stale standard start started starting starts startup state statement static
statistics status statuses step steps still stop stopped storage store stored stream string strong structure style
sub subject submit success successful such suite summary super supervisor supplier support supported suppress
suppressed surrogate suspend switch sync synchronize syntax system systems table tables tag tags take taken tanium
target targets task tasks tcp team teams template templates temporary tenant term terminal terminated test tester
testing tests text than that the their them then there these they thing this those thread threads through ticket
time timed timeout times timestamp title tls to today token tokens too tool tools top topic total trace traceback
traces track traffic trail trailing transaction transfer tree trial trigger true truncated trust trusted try tunnel
twice two type types unable unauthorized unavailable uncertainty uncovered under unexpected unfinished unique unit
unknown unless unprintable unreadable unsupported until unused unusual up update updated updates upgrade upload
uptime uri url usage use used user username users using utc utf utility uuid valid validate validated validation
value values variant various vault vendor verb verbose verdict verified verify version via view viewer views
violations virtual visit vms volume wait waiting walk warn warning was watch watcher we web webapp week weekly well
were what when where whether which while who whole whose why wide will window windows with within without word work
worker workers workflow workload workspace world worst would write writer writes writing written wrong year years
yes yet you your zone
""".split()  # noqa: SIM905 (a list would be a line a word)
)
