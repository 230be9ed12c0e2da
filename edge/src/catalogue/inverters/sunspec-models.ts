/**
 * A SunSpec inverter with storage: models 1 (who it is), 101 to 103 (AC side), 124 (storage control) and
 * 160 (DC inputs). Offsets count from each model's ID register (ID = 0, L = 1).
 *
 * Model 124 has no battery power. Hybrid (DC-coupled) inverters report it as two more inputs of model 160, the way
 * Fronius GEN24 does: inputs 1 and 2 are PV strings, input 3 is power into the battery, input 4 power out of it, all
 * unsigned. `hybrid-power.ts` turns these DC powers into what reaches the house bus.
 * Source: sunspec/models json/model_{1,103,124,160}.json.
 */
import { SUNSPEC_NOT_AVAILABLE } from '../../registers/codec.ts';
import { defineTable, type RegisterTable } from '../../registers/table.ts';

const shared = { space: 'holding', notAvailable: SUNSPEC_NOT_AVAILABLE } as const;

export const sunspecCommon = defineTable({
  ...shared,
  id: 'sunspec-1',
  model: 'SunSpec common',
  sunspec: { modelId: 1, lengthRegisters: 66 },
  source: 'SunSpec model 1',
  points: {
    manufacturerText: { address: 2, type: 'string', length: 16, description: 'Mn' },
    modelText: { address: 18, type: 'string', length: 16, description: 'Md' },
    optionsText: { address: 34, type: 'string', length: 8, description: 'Opt' },
    versionText: { address: 42, type: 'string', length: 8, description: 'Vr' },
    serialText: { address: 50, type: 'string', length: 16, description: 'SN' },
    unitIdCode: { address: 66, type: 'u16', access: 'rw', description: 'DA, Modbus unit id' },
  },
});

export const sunspecInverter = defineTable({
  ...shared,
  id: 'sunspec-103',
  model: 'SunSpec inverter with one phase, split phases or three',
  sunspec: { modelId: 103, lengthRegisters: 50, sameAsIds: [101, 102] },
  source: 'SunSpec models 101 to 103',
  points: {
    currentA: { address: 2, type: 'u16', scaleFrom: 'currentSf', description: 'A, sum of phases' },
    phase1CurrentA: { address: 3, type: 'u16', scaleFrom: 'currentSf', description: 'AphA' },
    phase2CurrentA: { address: 4, type: 'u16', scaleFrom: 'currentSf', description: 'AphB' },
    phase3CurrentA: { address: 5, type: 'u16', scaleFrom: 'currentSf', description: 'AphC' },
    currentSf: { address: 6, type: 'sunssf', description: 'A_SF' },
    phase1VoltageV: { address: 10, type: 'u16', scaleFrom: 'voltageSf', description: 'PhVphA' },
    phase2VoltageV: { address: 11, type: 'u16', scaleFrom: 'voltageSf', description: 'PhVphB' },
    phase3VoltageV: { address: 12, type: 'u16', scaleFrom: 'voltageSf', description: 'PhVphC' },
    voltageSf: { address: 13, type: 'sunssf', description: 'V_SF' },
    acPowerW: { address: 14, type: 's16', scaleFrom: 'acPowerSf', description: 'W, + into the house' },
    acPowerSf: { address: 15, type: 'sunssf', description: 'W_SF' },
    frequencyHz: { address: 16, type: 'u16', scaleFrom: 'frequencySf', description: 'Hz' },
    frequencySf: { address: 17, type: 'sunssf', description: 'Hz_SF' },
    producedWh: {
      address: 24,
      type: 'acc32',
      scaleFrom: 'producedSf',
      description: 'WH, AC energy produced',
    },
    producedSf: { address: 26, type: 'sunssf', description: 'WH_SF' },
    dcPowerW: { address: 31, type: 's16', scaleFrom: 'dcPowerSf', description: 'DCW' },
    dcPowerSf: { address: 32, type: 'sunssf', description: 'DCW_SF' },
    cabinetTemperatureC: { address: 33, type: 's16', scaleFrom: 'temperatureSf', description: 'TmpCab' },
    temperatureSf: { address: 37, type: 'sunssf', description: 'Tmp_SF' },
    stateCode: {
      address: 38,
      type: 'u16',
      description:
        'St: 1 off, 2 sleeping, 3 starting, 4 MPPT, 5 throttled, 6 shutting down, 7 fault, 8 standby',
    },
    vendorStateCode: { address: 39, type: 'u16', description: 'StVnd' },
    eventBits: {
      address: 40,
      type: 'u32',
      description: 'Evt1: bit 4 grid disconnected, bit 7 over temperature',
    },
  },
});

/** Evt1 of model 103: the inverter has lost the grid. */
export const EVENT_GRID_DISCONNECT_BIT = 4;

export const sunspecStorage = defineTable({
  ...shared,
  id: 'sunspec-124',
  model: 'SunSpec storage',
  sunspec: { modelId: 124, lengthRegisters: 24 },
  source: 'SunSpec model 124',
  points: {
    chargeMaxW: {
      address: 2,
      type: 'u16',
      scaleFrom: 'chargeMaxSf',
      description: 'WChaMax, 100 % of the rates',
    },
    controlBits: {
      address: 5,
      type: 'u16',
      access: 'rw',
      description: 'StorCtl_Mod: bit 0 charge limit holds, bit 1 discharge limit holds',
    },
    reservePct: { address: 7, type: 'u16', scaleFrom: 'reserveSf', access: 'rw', description: 'MinRsvPct' },
    socPct: { address: 8, type: 'u16', scaleFrom: 'socSf', description: 'ChaState' },
    batteryVoltageV: { address: 10, type: 'u16', scaleFrom: 'batteryVoltageSf', description: 'InBatV' },
    chargeStateCode: {
      address: 11,
      type: 'u16',
      description: 'ChaSt: 1 off, 2 empty, 3 discharging, 4 charging, 5 full, 6 holding, 7 testing',
    },
    dischargeRatePct: {
      address: 12,
      type: 's16',
      scaleFrom: 'rateSf',
      access: 'rw',
      description: 'OutWRte, upper bound of discharge; negative demands charging',
    },
    chargeRatePct: {
      address: 13,
      type: 's16',
      scaleFrom: 'rateSf',
      access: 'rw',
      description: 'InWRte, upper bound of charge; negative demands discharging',
    },
    windowS: { address: 14, type: 'u16', access: 'rw', description: 'InOutWRte_WinTms, 0: at once' },
    revertS: { address: 15, type: 'u16', access: 'rw', description: 'InOutWRte_RvrtTms, back to automatic' },
    rampS: { address: 16, type: 'u16', access: 'rw', description: 'InOutWRte_RmpTms' },
    gridChargeCode: { address: 17, type: 'u16', access: 'rw', description: 'ChaGriSet: 0 PV only, 1 grid' },
    chargeMaxSf: { address: 18, type: 'sunssf', description: 'WChaMax_SF' },
    gradientSf: { address: 19, type: 'sunssf', description: 'WChaDisChaGra_SF' },
    apparentSf: { address: 20, type: 'sunssf', description: 'VAChaMax_SF' },
    reserveSf: { address: 21, type: 'sunssf', description: 'MinRsvPct_SF' },
    socSf: { address: 22, type: 'sunssf', description: 'ChaState_SF' },
    availableSf: { address: 23, type: 'sunssf', description: 'StorAval_SF' },
    batteryVoltageSf: { address: 24, type: 'sunssf', description: 'InBatV_SF' },
    rateSf: { address: 25, type: 'sunssf', description: 'InOutWRte_SF' },
  },
});

export const sunspecMppt = defineTable({
  ...shared,
  id: 'sunspec-160',
  model: 'SunSpec DC inputs',
  sunspec: { modelId: 160, lengthRegisters: 88 },
  source: 'SunSpec model 160; inputs 3 and 4 as on Fronius GEN24',
  points: {
    dcCurrentSf: { address: 2, type: 'sunssf', description: 'DCA_SF' },
    dcVoltageSf: { address: 3, type: 'sunssf', description: 'DCV_SF' },
    dcPowerSf: { address: 4, type: 'sunssf', description: 'DCW_SF' },
    dcEnergySf: { address: 5, type: 'sunssf', description: 'DCWH_SF' },
    inputCount: { address: 8, type: 'u16', description: 'N' },
    pv1NameText: { address: 11, type: 'string', length: 8, description: 'input 1 IDStr' },
    pv1CurrentA: { address: 19, type: 'u16', scaleFrom: 'dcCurrentSf', description: 'input 1 DCA' },
    pv1VoltageV: { address: 20, type: 'u16', scaleFrom: 'dcVoltageSf', description: 'input 1 DCV' },
    pv1PowerW: { address: 21, type: 'u16', scaleFrom: 'dcPowerSf', description: 'input 1 DCW' },
    pv1Wh: { address: 22, type: 'acc32', scaleFrom: 'dcEnergySf', description: 'input 1 DCWH' },
    pv2NameText: { address: 31, type: 'string', length: 8, description: 'input 2 IDStr' },
    pv2CurrentA: { address: 39, type: 'u16', scaleFrom: 'dcCurrentSf', description: 'input 2 DCA' },
    pv2VoltageV: { address: 40, type: 'u16', scaleFrom: 'dcVoltageSf', description: 'input 2 DCV' },
    pv2PowerW: { address: 41, type: 'u16', scaleFrom: 'dcPowerSf', description: 'input 2 DCW' },
    pv2Wh: { address: 42, type: 'acc32', scaleFrom: 'dcEnergySf', description: 'input 2 DCWH' },
    chargeNameText: { address: 51, type: 'string', length: 8, description: 'input 3 IDStr' },
    chargePowerW: {
      address: 61,
      type: 'u16',
      scaleFrom: 'dcPowerSf',
      description: 'input 3 DCW, into battery',
    },
    chargedWh: { address: 62, type: 'acc32', scaleFrom: 'dcEnergySf', description: 'input 3 DCWH' },
    dischargeNameText: { address: 71, type: 'string', length: 8, description: 'input 4 IDStr' },
    dischargePowerW: {
      address: 81,
      type: 'u16',
      scaleFrom: 'dcPowerSf',
      description: 'input 4 DCW, out of battery',
    },
    dischargedWh: { address: 82, type: 'acc32', scaleFrom: 'dcEnergySf', description: 'input 4 DCWH' },
  },
});

/** The models the box reads, in the order they usually follow each other on the wire. */
export const SUNSPEC_TABLES: readonly RegisterTable[] = [
  sunspecCommon,
  sunspecInverter,
  sunspecStorage,
  sunspecMppt,
];
