"""The contracts, by kind."""

from collections.abc import Mapping

from orchestration.intake.contract import Contract
from orchestration.intake.contracts.indicators import INDICATORS
from orchestration.intake.contracts.procedures import PROCEDURES
from orchestration.intake.contracts.projects import PROJECTS
from orchestration.intake.contracts.roadmap import ROADMAP

CONTRACTS: Mapping[str, Contract] = {
    contract.kind: contract for contract in (PROJECTS, PROCEDURES, ROADMAP, INDICATORS)
}
