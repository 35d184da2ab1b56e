"""An import-linter contract: every vendor has its doors, and a vendor without one may not be imported."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

OWN = frozenset({"assistant", "ingest", "evals", "ui"})


class DoorsContract(Contract):
    """Holds the total table of doors, one line a vendor: `vendor -> module, module`."""

    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of a module outside this distribution."""
        doors = parse_doors(self.doors)
        found = {(door, vendor) for vendor in doors for door in doors[vendor] if door not in graph.modules}
        broken = [f"the table names {door!r} as a door of {vendor!r}: no such module" for door, vendor in sorted(found)]
        for importer, imported in sorted(vendor_imports(graph)):
            vendor = imported.partition(".")[0]
            if vendor not in doors:
                if vendor not in sys.stdlib_module_names:
                    broken.append(f"{importer} imports {vendor!r}, which has no door")
            elif not any(importer == door or importer.startswith(door + ".") for door in doors[vendor]):
                broken.append(f"{importer} imports {vendor!r}, whose doors are {', '.join(doors[vendor])}")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which import is at fault."""
        for line in check.metadata["broken"]:
            output.print_error(line)


def parse_doors(lines: list[str]) -> Mapping[str, tuple[str, ...]]:
    """Read the table's lines into a mapping from vendor to doors."""
    parted = (line.partition("->") for line in lines)
    return {vendor.strip(): tuple(door.strip() for door in doors.split(",")) for vendor, _, doors in parted}


def vendor_imports(graph: ImportGraph) -> set[tuple[str, str]]:
    """Find the pairs of own module and imported foreign module."""
    own = [module for module in graph.modules if module.partition(".")[0] in OWN]
    return {
        (importer, imported)
        for importer in own
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.partition(".")[0] not in OWN
    }
