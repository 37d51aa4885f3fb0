/** The types of openapi.yaml. `npm run openapi` makes them: change that file. */


/** WithRequired type helpers */
type WithRequired<T, K extends keyof T> = T & { [P in K]-?: T[P] };

export interface paths {
  "/v1/Sims": {
    /**
     * List the fleet
     * @description SIMs with at least one record, in a fixed order. This is the only list that reads a whole
     * table: if few SIMs pass the filter, a page may hold fewer SIMs than requested, even none, although more pages follow.
     */
    get: operations["listSims"];
  };
  "/v1/Sims/{sim}": {
    /**
     * Fetch the current state of a SIM
     * @description Names and ids, status, online or not and since when, last network, cell and device, last activity, the open session, the bytes of this month (UTC), and up to when its source is read.
     */
    get: operations["fetchSim"];
  };
  "/v1/Sims/{sim}/DataSessions": {
    /**
     * List a SIM's data sessions
     * @description Sessions that started from StartTime to EndTime, newest first, at most 30 days; by default those of the last 30
     * days, and without EndTime all until now. A session's start can move when late records arrive; the list still gives each session once.
     */
    get: operations["listDataSessions"];
  };
  "/v1/Sims/{sim}/UsageRecords": {
    /**
     * List a SIM's usage
     * @description Usage that started at or after StartTime and before EndTime; by default in the last 30 days, and without EndTime
     * all until now. `all` sums the whole range up in one record; `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
     * out; the first and last are cut to the range. `raw` lists the stored records.
     *
     * At most 31 days for `hour`, 400 for `day` and `raw`. `all` accepts any range, unless that takes more than 20
     * seconds.
     */
    get: operations["listUsageRecords"];
  };
  "/v1/Sims/{sim}/ConnectionEvents": {
    /**
     * List a SIM's events
     * @description Events from StartTime to EndTime, newest first, at most 400 days; by default those of the last 30 days, and without
     * EndTime all until now. Events are kept for 90 days unless the deployment is configured otherwise.
     */
    get: operations["listConnectionEvents"];
  };
  "/v1/Fleet": {
    /**
     * Count the fleet
     * @description How many SIMs were last seen in each country, largest first, and how many of them may be silent, as counted by the last
     * alert sweep. Silence is judged by marks: a SIM may have been heard up to a granule later, so these are upper
     * limits. Before the first sweep, values are null and there are no countries.
     */
    get: operations["fetchFleet"];
  };
  "/v1/UsageRecords": {
    /**
     * Add up the fleet's usage
     * @description Usage that started at or after StartTime and before EndTime, by default in the month up to now, with the parameters and in
     * the shape of KORE's UsageRecords. Without `Group` one record sums all usage up. `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
     * out; the first and last are cut to the range. With `Group=sim` SIMs come in a fixed order,
     * unless there is `Order`.
     *
     * Sealed days come from sums, even if their usage records have expired. Others are `live`: added up from the records
     * so far, if at most 1,000 SIMs match. If more match, they come from sums made every few hours; `coverage`
     * says which days do, as of when, and which times are left out.
     * At most 31 days for `hour`, which needs at most 1,000 matching SIMs, and 400 days for others.
     */
    get: operations["listFleetUsageRecords"];
  };
  "/v1/Files": {
    /**
     * List imported CSV files
     * @description Files of all configured sources, latest delivery first.
     */
    get: operations["listFiles"];
  };
  "/v1/Files/{id}": {
    /** Fetch an imported CSV file */
    get: operations["fetchFile"];
  };
  "/v1/Rejects": {
    /**
     * List what is in quarantine
     * @description Rejects of streams, webhooks and files, by source and code. One object holds the rejects of one
     * delivery and code. Its bytes may name people; the command line shows them: `simledger quarantine show`.
     */
    get: operations["listRejects"];
  };
  "/v1/Alerts": {
    /**
     * List alerts
     * @description Alerts of all rules, latest beginning first.
     */
    get: operations["listAlerts"];
  };
  "/v1/Alerts/{id}": {
    /** Fetch an alert with its evidence */
    get: operations["fetchAlert"];
  };
  "/v1/Findings": {
    /**
     * List findings
     * @description What carriers did not deliver, or delivered twice, on closed days, latest day first. A finding ends when the missing record arrives.
     */
    get: operations["listFindings"];
  };
  "/v1/Bills": {
    /**
     * List bills
     * @description Bills made from stored tariffs for months whose days are sealed, latest month first.
     */
    get: operations["listBills"];
  };
  "/v1/Bills/{month}": {
    /**
     * Fetch a bill
     * @description What a month's billing periods cost by charge, country and network, and the days from which the bill was made.
     */
    get: operations["fetchBill"];
  };
  "/v1/Bills/{month}/Lines": {
    /**
     * List the lines of a bill
     * @description Cost of each SIM by charge, country, network and zone, in a fixed order of SIMs. Shared costs are in the bill's `account_rows`.
     */
    get: operations["listBillLines"];
  };
  "/openapi.json": {
    /** Fetch this document */
    get: operations["fetchContract"];
  };
  "/docs": {
    /** Read this document as a page */
    get: operations["fetchDocumentation"];
  };
  "/health": {
    /** Check whether the API is up */
    get: operations["fetchHealth"];
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    /**
     * @description Who delivers a source's records.
     * @enum {string}
     */
    Carrier: "twilio" | "kore" | "1nce" | "emnify" | "telekom";
    /** @description A data session. The fields up to `imei` are those of Twilio and KORE; those after it are simledger's. */
    DataSession: {
      /** @description The carrier's id of the session: `PI…`, a UUID or a number. */
      sid: string;
      /** @description The SIM: its SID (`HS…`), or the `sid` of its Sim resource. */
      sim_sid: string;
      /** @description The account. */
      account_sid: string | null;
      /** @description Generation of wireless technology: `2G`, `3G`, `4G`, `LTE-M`, `NB-IoT`. */
      radio_link: string | null;
      /** @description Mobile country code of the visited network. */
      operator_mcc: string | null;
      /** @description Mobile network code of the visited network. */
      operator_mnc: string | null;
      /** @description The country, three letters (ISO 3166-1 alpha-3). */
      operator_country: string | null;
      /** @description Name of the visited network. */
      operator_name: string | null;
      /** @description The last cell. */
      cell_id: string | null;
      cell_location_estimate: components["schemas"]["LocationEstimate"];
      /**
       * @description No carrier's stream counts packets.
       * @constant
       */
      packets_uploaded: 0;
      /**
       * @description No carrier's stream counts packets.
       * @constant
       */
      packets_downloaded: 0;
      /**
       * Format: date-time
       * @description The latest record about the session.
       */
      last_updated: string;
      /** Format: date-time */
      start: string;
      /**
       * Format: date-time
       * @description Null while the session is open.
       */
      end: string | null;
      /** @description The modem. */
      imei: string | null;
      /** @description Bytes sent by the device. Null where a carrier states the sum only. */
      data_uploaded: number | null;
      /** @description Bytes sent to the device. Null where a carrier states the sum only. */
      data_downloaded: number | null;
      /** @description Bytes of the session: the carrier's running total, or the sum of its usage where that is more recent and greater. */
      data_total: number;
      apn: string | null;
      /** @description Null unless requested with Include. */
      ip_address: string | null;
      /** @description Null unless requested with Include. */
      imsi: string | null;
      /** @enum {string} */
      status: "open" | "ended" | "failed";
      /** @description The source of the latest record. */
      source: string;
      /** @description What is wrong with the session. */
      error: string | null;
    };
    /** @description Usage of one SIM over a period, in KORE's shape. */
    UsageRecord: components["schemas"]["UsageFields"];
    /** @description Fields of usage, for a period or a single record. */
    UsageFields: {
      account_sid: string | null;
      /** @description The SIM: its SID (`HS…`), or the `sid` of its Sim resource. */
      sim_sid: string;
      /** @description Usage is not grouped by fleet. */
      fleet_sid: null;
      /** @description Usage is not grouped by network. */
      network_sid: null;
      /** @description Country of a single record, two letters; null for a sum. */
      iso_country: string | null;
      period: components["schemas"]["Period"];
      /** @description Bytes sent by the device. Null where a carrier states the sum only. */
      data_upload: number | null;
      /** @description Bytes sent to the device. Null where a carrier states the sum only. */
      data_download: number | null;
      /** @description Bytes. */
      data_total: number;
      /** @description What the carrier charged. Null where it states no cost in money (Super SIM; 1NCE and Telekom, whose cost repeats the volume), and where costs are in several currencies. */
      data_total_billed: number | null;
      /** @description The currency (ISO 4217); null where data_total_billed is. */
      billed_unit: string | null;
    };
    /** @description A stored usage record (`Granularity=raw`), in the same shape, with the fields that only a single record has. */
    RawUsageRecord: WithRequired<({
      /** @description The carrier's id of the record. */
      sid: string;
      data_session_sid: string | null;
      /** @description `data`, `sms`, or the carrier's word. */
      traffic_type: string;
      /** @description Number of text messages; null for data. */
      messages: number | null;
      /** @description Those that the carrier calls tx. At 1NCE the device sent them, at emnify it received them. */
      messages_tx: number | null;
      /** @description Those that the carrier calls rx. */
      messages_rx: number | null;
      /** @description The carrier's decimal as it was sent, in the carrier's unit. */
      volume: string | null;
      /** @description The cost that the carrier states; null for 1NCE and Telekom, whose cost repeats the volume. */
      cost: string | null;
      currency: string | null;
      operator_mcc: string | null;
      operator_mnc: string | null;
      operator_name: string | null;
      radio_link: string | null;
      apn: string | null;
      imei: string | null;
      tariff: string | null;
      rate_zone: string | null;
      /** @description `blocked` when the data limit was reached. */
      data_modifier: string | null;
      /** @description The session's running total at the end of the record, as the carrier stated it (Super SIM). */
      session_data_upload: number | null;
      session_data_download: number | null;
      session_data_total: number | null;
      /** @description Null unless requested with Include. */
      imsi: string | null;
      source: string;
      /** @description Fields that the carrier has added to its format, as text. Null unless requested with Include. */
      detail: string | null;
    }) & components["schemas"]["UsageFields"], "sid" | "data_session_sid" | "traffic_type" | "messages" | "messages_tx" | "messages_rx" | "volume" | "cost" | "currency" | "operator_mcc" | "operator_mnc" | "operator_name" | "radio_link" | "apn" | "imei" | "tariff" | "rate_zone" | "data_modifier" | "session_data_upload" | "session_data_download" | "session_data_total" | "imsi" | "source" | "detail">;
    /** @description Usage of many SIMs over a period, in KORE's shape. Fields that are neither grouped nor filtered by are null. */
    FleetUsageRecord: {
      /** @description Of one SIM: its account. */
      account_sid: string | null;
      /** @description The SIM: its SID (`HS…`), or the `sid` of its Sim resource. */
      sim_sid: string | null;
      /** @description The SIM's current unique name. */
      sim_name: string | null;
      /** @description The SIM's current fleet. */
      fleet_sid: string | null;
      /** @description Mobile country and network code, `262-01`, or the operator's name where records state no codes. Carriers' records have no SID of a network. */
      network_sid: string | null;
      /** @description Two letters. */
      iso_country: string | null;
      period: components["schemas"]["Period"];
      /** @description Bytes sent by devices. A record that states only a total adds nothing; null if no record states more. Here and below, numbers beyond 2^53 are strings. */
      data_upload: number | string | null;
      /** @description Bytes sent to devices, counted in the same way. */
      data_download: number | string | null;
      /** @description Bytes. */
      data_total: number | string;
      /** @description What carriers charged for data. Null where they state no cost in money, and where costs are in several currencies: see costs. */
      data_total_billed: number | null;
      /** @description The currency (ISO 4217); null where data_total_billed is. */
      billed_unit: string | null;
      source: string | null;
      tariff: string | null;
      rate_zone: string | null;
      /** @description `data`, `sms`, or the carrier's word. */
      traffic_type: string | null;
      /** @description Number of usage records. */
      records: number;
      /** @description Number of text messages. */
      messages: number | string | null;
      /** @description Those that the carrier calls tx. At 1NCE the device sent them, at emnify it received them. */
      messages_tx: number | string | null;
      /** @description Those that the carrier calls rx. */
      messages_rx: number | string | null;
      /** @description What carriers charged in money, text messages included, exactly and by currency. */
      costs: ({
          currency: string | null;
          amount: string;
        })[];
      /** @description Whether it includes records of days that are not sealed yet. */
      live: boolean;
    };
    /** @description Which parts of the range are not sealed. */
    Coverage: {
      /**
       * Format: date-time
       * @description The time of the answer.
       */
      as_of: string;
      /** @description Times that were added up from the records so far. */
      live: components["schemas"]["Period"][];
      /** @description Days that are not sealed and come from sums, since more than 1,000 SIMs match. */
      partial: {
          /** Format: date-time */
          start_time: string;
          /** Format: date-time */
          end_time: string;
          /**
           * Format: date-time
           * @description Records that had arrived by then are counted.
           */
          as_of: string;
        }[];
      /** @description Times that are left out, since more than 1,000 SIMs match: parts of days, and unsealed days without sums. */
      missing: components["schemas"]["Period"][];
      /** @description Unsealed times that are so old that usage may have expired. Expired usage is not counted. */
      expired: components["schemas"]["Period"][];
    };
    /** @description A connection, location, lifecycle or quota event. */
    ConnectionEvent: {
      /** @description The carrier's id of the event. */
      sid: string;
      /** @description As the carrier wrote it. */
      sim_iccid: string | null;
      /** @description Such as `data-session.started`, `pdp-context.created`; `event.<id>` for one without a name. */
      event_type: string;
      /** @description The type as the carrier wrote it. */
      carrier_event_type: string;
      /** Format: date-time */
      timestamp: string;
      severity: string | null;
      alert: boolean | null;
      /** @description The carrier's sentence; addresses and IMSI in it are replaced unless asked for. */
      description: string | null;
      /** @description The code of the error that a Super SIM event states, such as `31004`. */
      error_code: string | null;
      /** @description The error in the carrier's words, with addresses and IMSI replaced as in `description`. */
      error_message: string | null;
      data_session_sid: string | null;
      radio_link: string | null;
      operator_mcc: string | null;
      operator_mnc: string | null;
      operator_country: string | null;
      operator_name: string | null;
      cell_id: string | null;
      /** @description Null unless requested with Include. */
      imsi: string | null;
      source: string;
      /** @description Other fields that the carrier sent, as text. Null unless requested with Include. */
      detail: string | null;
    };
    /** @description The current state of a SIM. */
    Sim: components["schemas"]["SimFields"];
    /** @description Fields of a SIM, in the list and alone. */
    SimFields: {
      /** @description The SIM's SID (`HS…`); of other carriers' SIMs the first 19 digits of the ICCID, or the carrier's id. */
      sid: string;
      unique_name: string | null;
      /** @description As the carrier wrote it. */
      iccid: string | null;
      /** @description The carrier's number of the SIM. */
      sim_id: string | null;
      msisdn: string | null;
      /** @description Null unless requested with Include. */
      imsi: string | null;
      account_sid: string | null;
      /** @description The same, or the number of the organisation. */
      account_id: string | null;
      fleet_sid: string | null;
      source: string;
      carrier: components["schemas"]["Carrier"];
      /** @description As the last lifecycle event says; null before the first one. */
      status: string | null;
      /** @description Whether it has a data session, as the carrier last said. A device that vanishes stays online until the carrier says otherwise: compare with last_heard. */
      online: boolean | null;
      /**
       * Format: date-time
       * @description When online last changed.
       */
      online_changed: string | null;
      /**
       * Format: date-time
       * @description When the carrier last stated it.
       */
      online_stated_at: string | null;
      /**
       * Format: date-time
       * @description The latest time in any record, with the precision of last_activity_precision.
       */
      last_activity: string;
      /**
       * @description exact: to the millisecond, for a single SIM. granule: in the list, at this time or up to 12 hours later. day: in the list, for a SIM without marks: on this UTC day, at this time or later. Messages to the device and traffic other than data count by the day.
       * @enum {string}
       */
      last_activity_precision: "exact" | "granule" | "day";
      /**
       * Format: date-time
       * @description The latest record that came from the device, with the precision of last_heard_precision.
       */
      last_heard: string | null;
      /**
       * @description exact: as the carrier states it, for a single SIM and with Silent. granule: at this time or up to 12 hours later. never: no record came from the device. unknown: in the list, a SIM without marks.
       * @enum {string}
       */
      last_heard_precision: "exact" | "granule" | "never" | "unknown";
      last_event: string | null;
      /** Format: date-time */
      last_event_time: string | null;
      /** @description The modem seen last. */
      imei: string | null;
      /** @description The network seen last. */
      network: ({
        radio_link: string | null;
        operator_mcc: string | null;
        operator_mnc: string | null;
        operator_country: string | null;
        operator_name: string | null;
      }) | null;
      /** @description The cell seen last. */
      cell: ({
        cell_id: string | null;
        lac: string | null;
        location_estimate: components["schemas"]["LocationEstimate"];
      }) | null;
      /** Format: uri */
      url: string;
      links: {
        /** Format: uri */
        data_sessions: string;
        /** Format: uri */
        usage_records: string;
        /** Format: uri */
        connection_events: string;
      };
    };
    /** @description The whole fleet in numbers, by the last alert sweep. */
    Fleet: {
      /**
       * Format: date-time
       * @description Time of that sweep.
       */
      as_of: string | null;
      sims: number | null;
      countries: ({
          /** @description Null where no record states it. */
          operator_country: string | null;
          sims: number;
          /** @description SIMs that may have been silent for at least this long, including SIMs never heard. */
          silent: {
              /** @description In the form of the parameter Silent. */
              duration: string;
              sims: number;
            }[];
        })[];
    };
    /** @description With Silent, for a fleet of more than 100,000 SIMs: the last alert sweep found them, and each was checked again now. */
    SilentList: {
      /**
       * Format: date-time
       * @description When the list was made. Later SIMs are missing.
       */
      as_of: string;
      /** @description Whether it has all silent SIMs. If not, it has the 10,000 or so longest silent SIMs of each source. */
      is_complete: boolean;
    };
    /** @description Up to when a source is read, by the last alert sweep. */
    Watermark: {
      source: string;
      /**
       * Format: date-time
       * @description All records up to this time have been read. Null before the first sweep.
       */
      watermark: string | null;
      /**
       * Format: date-time
       * @description Time of that sweep.
       */
      swept: string | null;
    };
    /** @description The current state of a SIM, its open session and its usage of this month. */
    SimDetails: WithRequired<({
      /** @description The latest session, while it is open. */
      open_session: components["schemas"]["DataSession"] | null;
      /** @description Usage of the UTC month so far. */
      usage_this_month: {
        period: components["schemas"]["Period"];
        data_upload: number | null;
        data_download: number | null;
        data_total: number;
      };
      /** @description Up to when the SIM's source is read. A silence after that may be the carrier's delay. */
      source_watermark: components["schemas"]["Watermark"];
    }) & components["schemas"]["SimFields"], "open_session" | "usage_this_month" | "source_watermark">;
    /** @description A CSV file that a carrier delivered. Rows are counted as far as the file has been read. */
    File: {
      id: string;
      bucket: string;
      /** @description The file's name in the bucket. */
      key: string;
      /** @description The object's version or ETag. */
      version: string;
      source: string;
      carrier: components["schemas"]["Carrier"];
      /** @enum {string} */
      state: "importing" | "done" | "failed";
      rows: number;
      accepted: number;
      /** @description Kept in the quarantine bucket, with the reason. */
      rejected: number;
      /** @description Bytes of the file. */
      size: number;
      /** @description Bytes imported; for gzip, bytes of the unpacked CSV. */
      imported: number;
      /** Format: date-time */
      delivered: string;
      /**
       * Format: date-time
       * @description When its progress was last noted.
       */
      noted: string | null;
      /** @description Whether the import has made no progress for 15 minutes: it stopped unexpectedly, and is retried or waits in the dead-letter queue. */
      stalled: boolean;
      /** @description Why the file failed. */
      reason: string | null;
      /** Format: uri */
      url: string;
    };
    /** @description An object of the quarantine, with the rejects of one delivery for one reason. */
    Reject: {
      /** @description Its name. The command line shows the object by it. */
      id: string;
      source: string;
      /** @description Why the records were rejected; docs/rejects.md lists the codes. */
      code: string;
      /** @description Size of the object. */
      bytes: number;
      /**
       * Format: date-time
       * @description When it was written.
       */
      kept: string;
    };
    /** @description One incident of a rule, about a SIM, a group of SIMs or a source. Times are the carrier's, unless they say otherwise. */
    AlertFields: {
      /** @description It never changes. */
      id: string;
      /** @description Name of the rule. */
      rule: string;
      /**
       * @description What the rule looks for. `source`: a source whose alerts can't be judged.
       * @enum {string}
       */
      kind: "silent" | "attach-loop" | "session-failures" | "zero-byte-sessions" | "device-changed" | "country" | "usage" | "blocked" | "stale-session" | "finding" | "source";
      /** @description It changes with each key of the rule that affects its condition. */
      rule_version: string;
      /** @enum {string} */
      severity: "info" | "warning" | "critical";
      /**
       * @description `merged`: late records joined it with an older alert. `withdrawn`: late records show that its condition never held. `rule-changed`: its rule was changed or removed.
       * @enum {string}
       */
      state: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
      /**
       * @description The subject: a SIM, SIMs that fell silent together, or a source.
       * @enum {string}
       */
      subject: "sim" | "group" | "source";
      /** @description The SIM, as in a path. Null for many SIMs. */
      sim: string | null;
      /** @description Its current unique name. */
      sim_name: string | null;
      /** @description Null for a group with SIMs of several sources. */
      source: string | null;
      /**
       * @description What the SIMs of a group share. Null for others.
       * @enum {string|null}
       */
      shared_by: "network" | "model" | "country" | "source" | null;
      /** @description The network (MCC and MNC), the type allocation code, the country or the source that they share. */
      shared_value: string | null;
      /**
       * @description For a source: it delivers later than usual, its records are not read yet, or nothing arrives from its few SIMs. Null for others.
       * @enum {string|null}
       */
      cause: "carrier-late" | "reading-late" | "carrier-or-devices" | null;
      /** @description Number of SIMs: for a group, those that are silent now; for a source, those whose alerts it holds back. */
      sims: number;
      /**
       * Format: date-time
       * @description Its first record; of a silence, the last record before it.
       */
      start_time: string;
      /**
       * Format: date-time
       * @description When the rule's condition was met. Null for many SIMs.
       */
      met_time: string | null;
      /**
       * Format: date-time
       * @description Null while it lasts.
       */
      end_time: string | null;
      /** @description Whether only late records can change it: it is over, and all days that it depends on are sealed. Null for many SIMs. */
      final: boolean | null;
      /** @description Number of records that it is based on. */
      records: number;
      /** @description The alert that continues in place of a merged one. */
      merged_into: string | null;
      /** @description The group alert that reports it. */
      group: string | null;
      /** @description Number of messages about it so far. */
      messages: number;
      /** @description Whether a message is held back, by a mute or because the source lags. */
      held: boolean;
      /** @description The state that receivers were last sent, or will be sent next. Null if nothing was. */
      told: null | components["schemas"]["ToldAlert"];
      /**
       * Format: date-time
       * @description The watermark at which it was last judged.
       */
      judged_until: string;
      /**
       * Format: date-time
       * @description When it was first written, by the ledger's clock.
       */
      created: string;
    };
    ToldAlert: {
      /** @enum {string} */
      state: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
      /** Format: date-time */
      start_time: string;
      /** Format: date-time */
      end_time: string | null;
    };
    /** @description What is missing or duplicate in a SIM's day. */
    Finding: {
      /** @description It never changes. */
      id: string;
      /** @enum {string} */
      check: "chain" | "close" | "orphan" | "duplicate" | "path";
      /** @enum {string} */
      reason: "missing-windows" | "total-differs" | "no-start" | "no-end" | "no-session" | "same-window" | "not-by-stream" | "not-by-file" | "file-missing";
      /**
       * Format: date
       * @description The UTC day to which it belongs; for a session, the day of its end.
       */
      day: string;
      /** @description The SIM's key; for a missing file, `files:` and the source. */
      sim: string;
      source: string;
      carrier: components["schemas"]["Carrier"];
      session_sid: string | null;
      /**
       * Format: date-time
       * @description The time of the missing or duplicate records.
       */
      start_time: string;
      /** Format: date-time */
      end_time: string;
      /** @description Missing, or counted twice. Negative if records state more than the session's totals. Never add bytes of different checks. */
      bytes: number | null;
      /** @description Cost of the record, an exact decimal. */
      cost: string | null;
      currency: string | null;
      /** @description Ids of the records that show it; for a missing file, the names of the files before and after it. */
      records: string[];
    };
    /** @description A version of a bill. */
    BillVersion: {
      /** @description Increases when an amount, a quantity or a line changes. */
      version: number;
      /** Format: date-time */
      made_at: string;
      /** @description SIMs with a line. */
      sims: number;
      /** @description By currency; currencies are never added up. */
      totals: ({
          amount: components["schemas"]["Decimal"];
          currency: string | null;
        })[];
    };
    BillLinks: {
      /** @description The month in which the billing periods end. */
      month: string;
      /** @description Names of the tariffs. */
      tariffs: string[];
      /** Format: uri */
      url: string;
      links: {
        /** Format: uri */
        lines: string;
      };
    };
    /** @description A bill, as a list shows it. */
    BillSummary: components["schemas"]["BillVersion"] & components["schemas"]["BillLinks"];
    /** @description What a month's billing periods cost. */
    Bill: components["schemas"]["BillVersion"] & components["schemas"]["BillLinks"] & ({
      /** @description All lines by charge, country and network. Their amounts add up to the totals. */
      rows: components["schemas"]["BillRow"][];
      /** @description Those of the rows that all SIMs share: pools, tiers, fees, discounts, commitment and tax of the account. With the lines of SIMs they add up to the totals. */
      account_rows: components["schemas"]["BillRow"][];
      /** @description Usage without a price. */
      not_rated: ({
          /** @enum {string} */
          reason: "no-tariff" | "no-charge" | "no-activation" | "not-stated" | "open-session" | "no-cost";
          tariff: string | null;
          /** @description The tariff that the records name. */
          record_tariff: string | null;
          country: string | null;
          traffic_type: string;
          sims: number;
          records: number;
          bytes: components["schemas"]["Decimal"];
          messages: components["schemas"]["Decimal"];
        })[];
      /** @description What was assumed, since no roster or opening balance says otherwise: years that begin on 1 January, or no usage before the ledger began. */
      assumptions: ({
          /** @enum {string} */
          kind: "calendar-year" | "nothing-before";
          tariff: string;
          sims: number;
        })[];
      /** @description The sealed days from which it was made. */
      days: {
          /** Format: date */
          day: string;
          version: number;
          /** @description A hash of the day's rows. */
          root: string;
        }[];
      /** @description Days of the periods from before the ledger began. */
      missing_days: string[];
      /** @description Days after the periods that are not sealed yet: sessions that began in a period may continue in them. The bill is then made again. */
      pending_days: string[];
      /** @description Previous versions, oldest first. */
      history: components["schemas"]["BillVersion"][];
    });
    /** @description Cost of a charge's usage, or a fee. Members that a row is not grouped by are null. */
    BillRow: {
      /** @description The SIM's key. */
      sim: string | null;
      country: string | null;
      network: string | null;
      zone: string | null;
      tariff: string;
      /** @enum {string} */
      kind: "usage" | "rounding" | "minimum" | "fee" | "discount" | "commitment" | "tax" | "carrier";
      /** @description Of the charge, fee, discount or tax. */
      name: string;
      /** @description Id of the line, for `simledger bill --explain`; null for a group of lines. */
      line: string | null;
      lines: number;
      /** @description Usage records. */
      records: number;
      /** @enum {string|null} */
      unit: "B" | "KB" | "MB" | "GB" | "message" | "unit" | null;
      used: components["schemas"]["DecimalOrNull"];
      rounded: components["schemas"]["DecimalOrNull"];
      included: components["schemas"]["DecimalOrNull"];
      billed: components["schemas"]["DecimalOrNull"];
      exact: components["schemas"]["Decimal"];
      /** @description Null if all SIMs share an allowance or tiers: the account's row has the amount. */
      amount: string | null;
      currency: string | null;
    };
    /** @description An exact decimal. */
    Decimal: string;
    DecimalOrNull: string | null;
    /** @description An alert, as a list shows it. */
    Alert: WithRequired<{
      /** Format: uri */
      url: string;
      links: components["schemas"]["AlertLinks"];
    } & components["schemas"]["AlertFields"], "url" | "links">;
    AlertLinks: {
      /** Format: uri */
      sim: string | null;
      /** Format: uri */
      merged_into: string | null;
      /** Format: uri */
      group: string | null;
    };
    /** @description An alert with its evidence. */
    AlertDetail: WithRequired<({
      /** @description The records that show it. Null for many SIMs, each of which has its own alert. */
      evidence: null | components["schemas"]["AlertEvidence"];
      /** @description For many SIMs, the alerts of at most 100 of them. */
      members: components["schemas"]["AlertMember"][];
      /** @description Messages that are not delivered to every receiver yet. */
      undelivered: ({
          sequence: number;
          /** @enum {string} */
          kind: "opened" | "amended" | "reopened" | "closed" | "merged" | "withdrawn" | "rule-changed";
          /**
           * Format: date-time
           * @description When a sweep found it, by the ledger's clock.
           */
          found: string;
          /** @enum {string} */
          state: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
          /** Format: date-time */
          start_time: string;
          /** Format: date-time */
          end_time: string | null;
        })[];
      /** @description The mute in force; null without one. */
      mute: null | components["schemas"]["Mute"];
      /** Format: uri */
      url: string;
      links: components["schemas"]["AlertLinks"];
    }) & components["schemas"]["AlertFields"], "evidence" | "members" | "undelivered" | "mute" | "url" | "links">;
    AlertEvidence: {
      begin: components["schemas"]["EvidenceRecord"];
      /** @description The record that the first one is compared with. */
      before: null | components["schemas"]["EvidenceRecord"];
      last: components["schemas"]["EvidenceRecord"];
      /** @description The record that ended it. Null while it lasts, and if only time passed. */
      end: null | components["schemas"]["EvidenceRecord"];
    };
    /** @description A SIM of a group's or source's alert, with its own alert. */
    AlertMember: {
      sim: string;
      sim_name: string | null;
      source: string;
      /** @description The SIM's own alert. */
      alert: string;
      /** @enum {string} */
      state: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
      /** Format: date-time */
      start_time: string;
      /** Format: date-time */
      end_time: string | null;
      /**
       * Format: uri
       * @description The SIM's own alert.
       */
      url: string;
    };
    /** @description A record that an alert is based on. */
    EvidenceRecord: {
      /** @enum {string} */
      type: "data_session" | "usage_record" | "connection_event" | "finding";
      /** @description Sort key of its item. */
      key: string;
      /**
       * Format: date-time
       * @description Its time.
       */
      time: string;
      /**
       * Format: uri
       * @description A list that shows it; null for a session that is no longer stored.
       */
      url: string | null;
    };
    /** @description A mute holds back the messages of some alerts. */
    Mute: {
      id: string;
      rule: string | null;
      sim: string | null;
      source: string | null;
      /** Format: date-time */
      until: string;
      reason: string | null;
      /** Format: date-time */
      created: string;
    };
    /** @description Estimated position of the cell's tower, in degrees; empty if unknown. */
    LocationEstimate: {
      lat?: number;
      lon?: number;
    };
    Period: {
      /**
       * Format: date-time
       * @description Included.
       */
      start_time: string;
      /**
       * Format: date-time
       * @description Excluded.
       */
      end_time: string;
    };
    /** @description A page's place in its list. The addresses are absolute. */
    Meta: {
      /** @description The name of the member with the resources. */
      key: string;
      page: number;
      page_size: number;
      /** Format: uri */
      first_page_url: string;
      /** @description Always null: a list can only be read forwards. */
      previous_page_url: null;
      /**
       * Format: uri
       * @description Null at the end.
       */
      next_page_url: string | null;
      /** Format: uri */
      url: string;
    };
    /** @description An error, as Twilio's clients make a `RestException` of it. */
    Problem: {
      /**
       * @description 20001 a parameter is wrong, 20003 the credentials are, 20004 the method is, 20404 not found, 20429 too many requests, 20500 an internal error, 20503 the ledger cannot be read at the moment.
       * @enum {integer}
       */
      code: 20001 | 20003 | 20004 | 20404 | 20429 | 20500 | 20503;
      message: string;
      /** Format: uri */
      more_info: string;
      /** @description The HTTP status. */
      status: number;
    };
  };
  responses: {
    /** @description A parameter is wrong, or unknown. The message names it, the value given and what is accepted. */
    BadParameter: {
      content: {
        "application/json": components["schemas"]["Problem"];
      };
    };
    /** @description The credentials are missing or wrong. */
    Unauthenticated: {
      content: {
        "application/json": components["schemas"]["Problem"];
      };
    };
    /** @description Nothing has this name or id. */
    NotFound: {
      content: {
        "application/json": components["schemas"]["Problem"];
      };
    };
    /** @description The client sends too many requests; `retry-after` says how many seconds to wait. */
    TooManyRequests: {
      content: {
        "application/json": components["schemas"]["Problem"];
      };
    };
  };
  parameters: {
    /**
     * @description A month such as 2026-10.
     * @example 2026-10
     */
    BillMonth: string;
    /**
     * @description The SIM's ICCID with 19 or 20 digits, its Super SIM SID (`HS…`), the carrier's id of it, or its unique name.
     * @example 8988307000000120011
     */
    sim: string;
    /** @description Resources in a page. More than 1,000 count as 1,000. */
    PageSize?: number;
    /** @description The number of the page, from 0, for the client's own use. A later page needs its PageToken. */
    Page?: number;
    /** @description Where the list continues, from `meta.next_page_url`. */
    PageToken?: string;
    /**
     * @description Begin here, this moment included. ISO 8601; a date alone begins at 00:00 UTC. Default is 30 days before EndTime.
     * @example 2026-11-02T00:00:00Z
     */
    StartTime?: string;
    /**
     * @description End here, this moment included (for usage, excluded). Default is now.
     * @example 2026-11-03T00:00:00Z
     */
    EndTime?: string;
    /**
     * @description Only resources from the source of this name.
     * @example emnify
     */
    Source?: string;
    /**
     * @description Show personal values, which are otherwise null: `imsi`, `ip_address`, and `detail`, the carrier's own words,
     * which may hold both. Separate several with commas. A deployment may refuse it, or always show all of them.
     * @example imsi,ip_address
     */
    Include?: string;
  };
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type $defs = Record<string, never>;

export type external = Record<string, never>;

export interface operations {

  /**
   * List the fleet
   * @description SIMs with at least one record, in a fixed order. This is the only list that reads a whole
   * table: if few SIMs pass the filter, a page may hold fewer SIMs than requested, even none, although more pages follow.
   */
  listSims: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Only SIMs with this status, as their carrier words it.
         * @example active
         */
        Status?: string;
        /**
         * @description Only SIMs with an open data session (true), or without (false).
         * @example true
         */
        Online?: boolean;
        Source?: components["parameters"]["Source"];
        /**
         * @description Only SIMs of this fleet (`HF…`).
         * @example HF925ae5b4af6aeb7d5034d3f4b09c78ce
         */
        Fleet?: string;
        /**
         * @description Only SIMs whose unique name contains this, in upper or lower case.
         * @example cold-chain
         */
        Name?: string;
        /**
         * @description Only SIMs whose device was not heard for this long (`90m`, `24h`, `7d`) up to now. SIMs that were never heard come first, then the longest silent; across pages this order is exact to the granule of a mark.
         * @example 24h
         */
        Silent?: string;
        Include?: components["parameters"]["Include"];
      };
    };
    responses: {
      /** @description A page of the fleet. */
      200: {
        content: {
          "application/json": {
            sims: components["schemas"]["Sim"][];
            /** @description With Silent, up to when each source is read. Later records may be missing. */
            watermarks?: components["schemas"]["Watermark"][];
            list?: components["schemas"]["SilentList"];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * Fetch the current state of a SIM
   * @description Names and ids, status, online or not and since when, last network, cell and device, last activity, the open session, the bytes of this month (UTC), and up to when its source is read.
   */
  fetchSim: {
    parameters: {
      query?: {
        Include?: components["parameters"]["Include"];
      };
      path: {
        sim: components["parameters"]["sim"];
      };
    };
    responses: {
      /** @description The SIM. */
      200: {
        content: {
          "application/json": components["schemas"]["SimDetails"];
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List a SIM's data sessions
   * @description Sessions that started from StartTime to EndTime, newest first, at most 30 days; by default those of the last 30
   * days, and without EndTime all until now. A session's start can move when late records arrive; the list still gives each session once.
   */
  listDataSessions: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        StartTime?: components["parameters"]["StartTime"];
        EndTime?: components["parameters"]["EndTime"];
        /** @description Only sessions with this status. A page may then hold fewer than requested although more pages follow. */
        Status?: "open" | "ended" | "failed";
        Include?: components["parameters"]["Include"];
      };
      path: {
        sim: components["parameters"]["sim"];
      };
    };
    responses: {
      /** @description A page of sessions. */
      200: {
        content: {
          "application/json": {
            data_sessions: components["schemas"]["DataSession"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List a SIM's usage
   * @description Usage that started at or after StartTime and before EndTime; by default in the last 30 days, and without EndTime
   * all until now. `all` sums the whole range up in one record; `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
   * out; the first and last are cut to the range. `raw` lists the stored records.
   *
   * At most 31 days for `hour`, 400 for `day` and `raw`. `all` accepts any range, unless that takes more than 20
   * seconds.
   */
  listUsageRecords: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        StartTime?: components["parameters"]["StartTime"];
        EndTime?: components["parameters"]["EndTime"];
        /** @description What one record sums up. */
        Granularity?: "hour" | "day" | "all" | "raw";
        Include?: components["parameters"]["Include"];
      };
      path: {
        sim: components["parameters"]["sim"];
      };
    };
    responses: {
      /** @description A page of usage. */
      200: {
        content: {
          "application/json": {
            usage_records: (components["schemas"]["UsageRecord"] | components["schemas"]["RawUsageRecord"])[];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List a SIM's events
   * @description Events from StartTime to EndTime, newest first, at most 400 days; by default those of the last 30 days, and without
   * EndTime all until now. Events are kept for 90 days unless the deployment is configured otherwise.
   */
  listConnectionEvents: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        StartTime?: components["parameters"]["StartTime"];
        EndTime?: components["parameters"]["EndTime"];
        /**
         * @description Only events of this type. A page may then hold fewer than requested although more pages follow.
         * @example data-session.started
         */
        EventType?: string;
        Include?: components["parameters"]["Include"];
      };
      path: {
        sim: components["parameters"]["sim"];
      };
    };
    responses: {
      /** @description A page of events. */
      200: {
        content: {
          "application/json": {
            connection_events: components["schemas"]["ConnectionEvent"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * Count the fleet
   * @description How many SIMs were last seen in each country, largest first, and how many of them may be silent, as counted by the last
   * alert sweep. Silence is judged by marks: a SIM may have been heard up to a granule later, so these are upper
   * limits. Before the first sweep, values are null and there are no countries.
   */
  fetchFleet: {
    responses: {
      /** @description The fleet. */
      200: {
        content: {
          "application/json": components["schemas"]["Fleet"];
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * Add up the fleet's usage
   * @description Usage that started at or after StartTime and before EndTime, by default in the month up to now, with the parameters and in
   * the shape of KORE's UsageRecords. Without `Group` one record sums all usage up. `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
   * out; the first and last are cut to the range. With `Group=sim` SIMs come in a fixed order,
   * unless there is `Order`.
   *
   * Sealed days come from sums, even if their usage records have expired. Others are `live`: added up from the records
   * so far, if at most 1,000 SIMs match. If more match, they come from sums made every few hours; `coverage`
   * says which days do, as of when, and which times are left out.
   * At most 31 days for `hour`, which needs at most 1,000 matching SIMs, and 400 days for others.
   */
  listFleetUsageRecords: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Beginning of the range. Default is one month before its end.
         * @example 2026-10-01T00:00:00Z
         */
        StartTime?: string;
        EndTime?: components["parameters"]["EndTime"];
        /**
         * @description What usage is grouped by, one or more, separated by commas: sim, fleet, network, isoCountry, source, tariff, zone, trafficType.
         * @example sim
         */
        Group?: string;
        /** @description What one record sums up. */
        Granularity?: "hour" | "day" | "all";
        /**
         * @description Largest first, by this value.
         * @example bytes
         */
        Order?: "bytes" | "messages" | "records";
        /** @description Only usage of this SIM: its ICCID, SID, carrier's id or unique name. */
        Sim?: string;
        /** @description Only usage of SIMs that belong to this fleet now (`HF…`). */
        Fleet?: string;
        /**
         * @description Only usage in this network, as network_sid names it: mobile country and network code, or the operator's name where records state no codes.
         * @example 262-01
         */
        Network?: string;
        /**
         * @description Only usage in this country, two letters.
         * @example DE
         */
        IsoCountry?: string;
      };
    };
    responses: {
      /** @description A page of usage. */
      200: {
        content: {
          "application/json": {
            usage_records: components["schemas"]["FleetUsageRecord"][];
            meta: components["schemas"]["Meta"];
            coverage: components["schemas"]["Coverage"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List imported CSV files
   * @description Files of all configured sources, latest delivery first.
   */
  listFiles: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        Source?: components["parameters"]["Source"];
        /** @description Only files in this state. A page may then hold fewer than requested although more pages follow. */
        State?: "importing" | "done" | "failed";
      };
    };
    responses: {
      /** @description A page of files. */
      200: {
        content: {
          "application/json": {
            files: components["schemas"]["File"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /** Fetch an imported CSV file */
  fetchFile: {
    parameters: {
      path: {
        /**
         * @description The file's `id`, as the list gives it.
         * @example YnVja2V0L2ZvbGRlci9jZHJfMjAyNjExMDJfMTMwMDAwLmNzdkB2MQ
         */
        id: string;
      };
    };
    responses: {
      /** @description The file. */
      200: {
        content: {
          "application/json": components["schemas"]["File"];
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List what is in quarantine
   * @description Rejects of streams, webhooks and files, by source and code. One object holds the rejects of one
   * delivery and code. Its bytes may name people; the command line shows them: `simledger quarantine show`.
   */
  listRejects: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        Source?: components["parameters"]["Source"];
        /**
         * @description Only rejects with this code. A page may then hold fewer than requested although more pages follow.
         * @example broken-json
         */
        Code?: string;
      };
    };
    responses: {
      /** @description A page of the quarantine. */
      200: {
        content: {
          "application/json": {
            rejects: components["schemas"]["Reject"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List alerts
   * @description Alerts of all rules, latest beginning first.
   */
  listAlerts: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Alerts that began here or later, by the carrier's time. ISO 8601; a date alone begins at 00:00 UTC. Default is 400 days before EndTime, which is the longest range.
         * @example 2026-10-01
         */
        StartTime?: string;
        /**
         * @description Alerts that began here or earlier. Default is now.
         * @example 2026-11-03T00:00:00Z
         */
        EndTime?: string;
        /** @description Only alerts in this state. With any filter, a page may hold fewer than requested although more pages follow. */
        State?: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
        /** @description Only alerts of this severity. */
        Severity?: "info" | "warning" | "critical";
        /**
         * @description Only alerts of the rule of this name.
         * @example silent
         */
        Rule?: string;
        /**
         * @description Only alerts of this SIM, identified as in a path.
         * @example 8988280666001000101
         */
        Sim?: string;
        Source?: components["parameters"]["Source"];
      };
    };
    responses: {
      /** @description A page of alerts. */
      200: {
        content: {
          "application/json": {
            alerts: components["schemas"]["Alert"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /** Fetch an alert with its evidence */
  fetchAlert: {
    parameters: {
      path: {
        /**
         * @description The alert's `id`, as the list and messages give it.
         * @example 29d3c1fbf8d4cbaafdd1eb3f3c3d2d0a
         */
        id: string;
      };
    };
    responses: {
      /** @description The alert. */
      200: {
        content: {
          "application/json": components["schemas"]["AlertDetail"];
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List findings
   * @description What carriers did not deliver, or delivered twice, on closed days, latest day first. A finding ends when the missing record arrives.
   */
  listFindings: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Findings of this day or later. ISO 8601. Default is 30 days before EndTime; the longest range is 400 days.
         * @example 2026-10-01
         */
        StartTime?: string;
        /**
         * @description Findings of days that begin before it. Default is now.
         * @example 2026-11-01T00:00:00Z
         */
        EndTime?: string;
        /** @description Only findings of this check. With any filter, a page may hold fewer than requested although more pages follow. */
        Check?: "chain" | "close" | "orphan" | "duplicate" | "path";
        /**
         * @description Only findings of this SIM, identified as in a path.
         * @example 8988307000000120011
         */
        Sim?: string;
        Source?: components["parameters"]["Source"];
      };
    };
    responses: {
      /** @description A page of findings. */
      200: {
        content: {
          "application/json": {
            findings: components["schemas"]["Finding"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List bills
   * @description Bills made from stored tariffs for months whose days are sealed, latest month first.
   */
  listBills: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
      };
    };
    responses: {
      /** @description A page of bills. */
      200: {
        content: {
          "application/json": {
            bills: components["schemas"]["BillSummary"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * Fetch a bill
   * @description What a month's billing periods cost by charge, country and network, and the days from which the bill was made.
   */
  fetchBill: {
    parameters: {
      path: {
        month: components["parameters"]["BillMonth"];
      };
    };
    responses: {
      /** @description The bill. */
      200: {
        content: {
          "application/json": components["schemas"]["Bill"];
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /**
   * List the lines of a bill
   * @description Cost of each SIM by charge, country, network and zone, in a fixed order of SIMs. Shared costs are in the bill's `account_rows`.
   */
  listBillLines: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Only lines of this SIM, identified as in a path.
         * @example 8988303000000100001
         */
        Sim?: string;
      };
      path: {
        month: components["parameters"]["BillMonth"];
      };
    };
    responses: {
      /** @description A page of lines. */
      200: {
        content: {
          "application/json": {
            lines: components["schemas"]["BillRow"][];
            meta: components["schemas"]["Meta"];
          };
        };
      };
      400: components["responses"]["BadParameter"];
      401: components["responses"]["Unauthenticated"];
      404: components["responses"]["NotFound"];
      429: components["responses"]["TooManyRequests"];
    };
  };
  /** Fetch this document */
  fetchContract: {
    responses: {
      /** @description The document as JSON. */
      200: {
        content: {
          "application/json": Record<string, never>;
        };
      };
      400: components["responses"]["BadParameter"];
    };
  };
  /** Read this document as a page */
  fetchDocumentation: {
    responses: {
      /** @description A page that loads nothing from other hosts. */
      200: {
        content: {
          "text/html": string;
        };
      };
      400: components["responses"]["BadParameter"];
    };
  };
  /** Check whether the API is up */
  fetchHealth: {
    responses: {
      /** @description The API is up. */
      200: {
        content: {
          "application/json": {
            /** @constant */
            status: "ok";
          };
        };
      };
      400: components["responses"]["BadParameter"];
    };
  };
}
