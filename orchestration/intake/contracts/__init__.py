"""The contracts, by kind."""

from collections.abc import Mapping

from orchestration.intake.contract import Contract
from orchestration.intake.contracts.procedures import PROCEDURES
from orchestration.intake.contracts.projects import PROJECTS

CONTRACTS: Mapping[str, Contract] = {contract.kind: contract for contract in (PROJECTS, PROCEDURES)}
