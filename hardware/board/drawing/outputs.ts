/** Everything that is generated from the netlist, by path below the board's folder. */
import { bomCsv } from '../bom.ts';
import { SCHEMATIC } from '../schematic.ts';
import { drawLayout } from './layout-plan.ts';
import { drawSheet } from './schematic-sheet.ts';
import { SHEETS } from './sheets.ts';
import { contactorDiagram, directDiagram } from './wiring.ts';

export function outputs(): ReadonlyMap<string, string> {
  return new Map([
    ['BOM.csv', bomCsv(SCHEMATIC)],
    ...SHEETS.map((s): [string, string] => [`drawings/${s.file}`, drawSheet(SCHEMATIC, s)]),
    ['drawings/placement.svg', drawLayout(SCHEMATIC)],
    ['drawings/wiring-direct.svg', directDiagram(SCHEMATIC, 'own')],
    ['drawings/wiring-normally-closed.svg', directDiagram(SCHEMATIC, 'own', 'NC')],
    ['drawings/wiring-contactor.svg', contactorDiagram(SCHEMATIC)],
    ['drawings/wiring-bought-board.svg', directDiagram(SCHEMATIC, 'bought')],
  ]);
}
