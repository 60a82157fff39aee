"""The contracts, by kind."""

from collections.abc import Mapping

from orchestration.contracts.contract import Contract
from orchestration.contracts.indicators import INDICATORS
from orchestration.contracts.procedures import PROCEDURES
from orchestration.contracts.projects import PROJECTS
from orchestration.contracts.roadmap import ROADMAP

CONTRACTS: Mapping[str, Contract] = {
    contract.kind: contract for contract in (PROJECTS, PROCEDURES, ROADMAP, INDICATORS)
}
