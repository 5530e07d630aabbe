#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 3600
# not sanitized
# tests/crash/storm at length: 1,000 kills of each kind.
MENDFS_KILLS=${MENDFS_KILLS:-1000} exec bash "${0%/*}/../crash/storm.sh"
