# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from hypothesis import HealthCheck, settings

# Neither says anything about the code: other tests run at the same time.
settings.register_profile("analyze", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("analyze")
