/** The types of openapi.yaml. `npm run openapi` makes them: change that file. */


/** WithRequired type helpers */
type WithRequired<T, K extends keyof T> = T & { [P in K]-?: T[P] };

export interface paths {
  "/v1/Sims": {
    /**
     * List the fleet
     * @description SIMs of which a record has come, in an order of their own that stays the same. The only list that reads a whole
     * table: a page may hold fewer SIMs than asked for, even none, with more to come, where few pass the filter.
     */
    get: operations["listSims"];
  };
  "/v1/Sims/{sim}": {
    /**
     * Fetch what is known of a SIM now
     * @description Names and ids, status, online or not and since when, last network, cell and device, last activity, the open session, the bytes of this month (UTC), and how far its source is known.
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
     * all until now. `all` sums the whole time up in one record; `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
     * out; the first and last are cut to the time asked for. `raw` lists the stored records.
     *
     * At most 31 days for `hour`, 400 for `day` and `raw`. `all` sums any time up, unless that takes more than 20
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
     * @description How many SIMs were last seen in each country, those with most SIMs first, and how many of them may be silent, as the last
     * sweep of the alerts counted them. Silence is by marks: a SIM may have been heard up to a granule later, so these are upper
     * limits. Without a sweep there are nulls and no countries.
     */
    get: operations["fetchFleet"];
  };
  "/v1/UsageRecords": {
    /**
     * Add up the fleet's usage
     * @description Usage that started at or after StartTime and before EndTime, by default in the month up to now, with the parameters and in
     * the shape of KORE's UsageRecords. Without `Group` one record sums all usage up. `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
     * out; the first and last are cut to the time asked for. With `Group=sim` SIMs come in an order of their own that stays the
     * same, unless there is `Order`.
     *
     * Days that are sealed come from sums, also when their usage records have expired. Others are `live`: added up from the records
     * that have come, where at most 1,000 SIMs match. Where more do, they come from sums that are made every few hours; `coverage`
     * says which days do, as of when, and which times are left out.
     * At most 31 days for `hour`, which more than 1,000 SIMs don't have, and 400 for others.
     */
    get: operations["listFleetUsageRecords"];
  };
  "/v1/Files": {
    /**
     * List imported CSV files
     * @description Files of all configured sources, those delivered last first.
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
     * @description What could not be read, of streams, webhooks and files, by source and code: an object for the rejects of one
     * delivery and code. Its bytes may name people; the command line shows them: `simledger quarantine show`.
     */
    get: operations["listRejects"];
  };
  "/v1/Alerts": {
    /**
     * List alerts
     * @description Alerts of all rules, those that began last first.
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
     * @description What carriers did not deliver, or delivered twice, as the day pass found it in closed days, that of the last day first. A finding ends by itself when the missing record comes.
     */
    get: operations["listFindings"];
  };
  "/v1/Bills": {
    /**
     * List bills
     * @description The bills that were made of months whose days are sealed, by the tariffs that are put, that of the last month first.
     */
    get: operations["listBills"];
  };
  "/v1/Bills/{month}": {
    /**
     * Fetch a bill
     * @description What a month's billing periods cost by charge, country and network, and the days of which it was made.
     */
    get: operations["fetchBill"];
  };
  "/v1/Bills/{month}/Lines": {
    /**
     * List the lines of a bill
     * @description What each SIM comes to by charge, country, network and zone, in an order of SIMs that stays the same. What all SIMs share is in the bill's `account_rows`.
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
    /** Ask whether the API is up */
    get: operations["fetchHealth"];
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
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
      /** @description Null unless asked for by Include. */
      ip_address: string | null;
      /** @description Null unless asked for by Include. */
      imsi: string | null;
      /** @enum {string} */
      status: "open" | "ended" | "failed";
      /** @description The source that the latest record came by. */
      source: string;
      /** @description What is wrong with the session. */
      error: string | null;
    };
    /** @description Usage of one SIM over a period, in KORE's shape. */
    UsageRecord: components["schemas"]["UsageFields"];
    /** @description What is said of usage, of a period's or of a single record's. */
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
    /** @description A stored usage record (`Granularity=raw`), in the same shape and with what only a single record states. */
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
      /** @description What it costs, as the carrier states it; null for 1NCE and Telekom, whose cost repeats the volume. */
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
      /** @description The session's running total then, as the carrier stated it (Super SIM). Each contains all before it. */
      session_data_upload: number | null;
      session_data_download: number | null;
      session_data_total: number | null;
      /** @description Null unless asked for by Include. */
      imsi: string | null;
      source: string;
      /** @description What the carrier has added to its format since, as text. Null unless asked for by Include. */
      detail: string | null;
    }) & components["schemas"]["UsageFields"], "sid" | "data_session_sid" | "traffic_type" | "messages" | "messages_tx" | "messages_rx" | "volume" | "cost" | "currency" | "operator_mcc" | "operator_mnc" | "operator_name" | "radio_link" | "apn" | "imei" | "tariff" | "rate_zone" | "data_modifier" | "session_data_upload" | "session_data_download" | "session_data_total" | "imsi" | "source" | "detail">;
    /** @description Usage of many SIMs over a period, in KORE's shape. What it is not grouped or filtered by is null. */
    FleetUsageRecord: {
      /** @description Of one SIM: its account. */
      account_sid: string | null;
      /** @description The SIM: its SID (`HS…`), or the `sid` of its Sim resource. */
      sim_sid: string | null;
      /** @description The unique name that the SIM has now. */
      sim_name: string | null;
      /** @description The fleet to which the SIM belongs now. */
      fleet_sid: string | null;
      /** @description Mobile country and network code, `262-01`, or the operator's name where records state no codes. Carriers' records have no SID of a network. */
      network_sid: string | null;
      /** @description Two letters. */
      iso_country: string | null;
      period: components["schemas"]["Period"];
      /** @description Bytes sent by devices. A record that states only a total adds nothing; null where none states more. Here and below, a number beyond 2^53 is text. */
      data_upload: number | string | null;
      /** @description Bytes sent to devices, likewise. */
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
      /** @description Whether records of days that are not sealed yet are among it. */
      live: boolean;
    };
    /** @description Which part of the time is not sealed. */
    Coverage: {
      /**
       * Format: date-time
       * @description The time of the answer.
       */
      as_of: string;
      /** @description Times that were added up from the records that have come. */
      live: components["schemas"]["Period"][];
      /** @description Days that are not sealed and come from sums, since more than 1,000 SIMs match. */
      partial: {
          /** Format: date-time */
          start_time: string;
          /** Format: date-time */
          end_time: string;
          /**
           * Format: date-time
           * @description The records count that had come by then.
           */
          as_of: string;
        }[];
      /** @description Times that are left out, since more than 1,000 SIMs match: parts of days, and days that are not sealed and of which there are no sums. */
      missing: components["schemas"]["Period"][];
      /** @description Times that are not sealed, and so long ago that usage may have expired: what has is not counted. */
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
      /** @description Null unless asked for by Include. */
      imsi: string | null;
      source: string;
      /** @description What the carrier sent beside, as text. Null unless asked for by Include. */
      detail: string | null;
    };
    /** @description What is known of a SIM now. */
    Sim: components["schemas"]["SimFields"];
    /** @description What is said of a SIM, in the list and by itself. */
    SimFields: {
      /** @description The SIM's SID (`HS…`); of other carriers' SIMs the first 19 digits of the ICCID, or the carrier's id. */
      sid: string;
      unique_name: string | null;
      /** @description As the carrier wrote it. */
      iccid: string | null;
      /** @description The carrier's number of the SIM. */
      sim_id: string | null;
      msisdn: string | null;
      /** @description Null unless asked for by Include. */
      imsi: string | null;
      account_sid: string | null;
      /** @description The same, or the number of the organisation. */
      account_id: string | null;
      fleet_sid: string | null;
      source: string;
      /** @enum {string} */
      carrier: "twilio" | "kore" | "1nce" | "emnify" | "telekom";
      /** @description As the last lifecycle event says; null before one has come. */
      status: string | null;
      /** @description Whether it has a data session, as the carrier last said. A device that vanishes stays online until the carrier says otherwise: compare with last_heard. */
      online: boolean | null;
      /**
       * Format: date-time
       * @description Since when it is so.
       */
      online_changed: string | null;
      /**
       * Format: date-time
       * @description When the carrier last said so.
       */
      online_stated_at: string | null;
      /**
       * Format: date-time
       * @description The latest time that a record tells of, as exact as last_activity_precision says.
       */
      last_activity: string;
      /**
       * @description exact: to the millisecond, where one SIM is asked for. granule: in the list, at this time or up to 12 hours later. day: the same of a SIM whose records came before marks were kept: on this UTC day, at this time or later. Messages to the device and traffic other than data count by the day.
       * @enum {string}
       */
      last_activity_precision: "exact" | "granule" | "day";
      /**
       * Format: date-time
       * @description The latest record that came from the device, as exact as last_heard_precision says.
       */
      last_heard: string | null;
      /**
       * @description exact: as the carrier states it, of one SIM and with Silent. granule: at this time or up to 12 hours later. never: no record came from the device. unknown: in the list, a SIM without marks.
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
    /** @description The whole fleet in numbers, by the last sweep of the alerts. */
    Fleet: {
      /**
       * Format: date-time
       * @description When that sweep was.
       */
      as_of: string | null;
      sims: number | null;
      countries: ({
          /** @description Null where no record states it. */
          operator_country: string | null;
          sims: number;
          /** @description Those that may have been silent for at least so long, never heard ones included. */
          silent: {
              /** @description As the parameter Silent takes it. */
              duration: string;
              sims: number;
            }[];
        })[];
    };
    /** @description With Silent, of a fleet of more than 100,000 SIMs: they were found by the last sweep of the alerts, and each was decided now. */
    SilentList: {
      /**
       * Format: date-time
       * @description When the list was made. SIMs that came later are missing.
       */
      as_of: string;
      /** @description Whether all silent SIMs are in it. Otherwise the 10,000 or so of each source that were silent longest. */
      is_complete: boolean;
    };
    /** @description How far a source is known, by the last sweep of the alerts. */
    Watermark: {
      source: string;
      /**
       * Format: date-time
       * @description All records up to this time are in. Null before the first sweep.
       */
      watermark: string | null;
      /**
       * Format: date-time
       * @description When that sweep was.
       */
      swept: string | null;
    };
    /** @description What is known of a SIM now, its open session and its usage of this month. */
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
      /** @description How far the SIM's source is known. A silence after it may be the carrier's delay. */
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
      /** @enum {string} */
      carrier: "twilio" | "kore" | "1nce" | "emnify" | "telekom";
      /** @enum {string} */
      state: "importing" | "done" | "failed";
      rows: number;
      accepted: number;
      /** @description Kept in the quarantine bucket, with the reason. */
      rejected: number;
      /** @description Bytes of the file. */
      size: number;
      /** @description Bytes that are in; of gzip, bytes of the CSV in it. */
      imported: number;
      /** Format: date-time */
      delivered: string;
      /**
       * Format: date-time
       * @description When its progress was last noted.
       */
      noted: string | null;
      /** @description Whether it is importing and has noted no progress for 15 minutes: the import ended without an end, and is tried again or waits among the dead letters. */
      stalled: boolean;
      /** @description Why the file failed. */
      reason: string | null;
      /** Format: uri */
      url: string;
    };
    /** @description An object of the quarantine, with what was rejected of one delivery for one reason. */
    Reject: {
      /** @description Its name, by which the command line shows it. */
      id: string;
      source: string;
      /** @description Why, as the page on the quarantine lists codes. */
      code: string;
      /** @description Size of the object, with what it says of each reject. */
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
      /** @description It changes with whatever decides whether the rule holds. */
      rule_version: string;
      /** @enum {string} */
      severity: "info" | "warning" | "critical";
      /**
       * @description `merged`: late records joined it with an older alert. `withdrawn`: by late records it never was. `rule-changed`: its rule was changed or removed.
       * @enum {string}
       */
      state: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
      /**
       * @description What it is about: a SIM, SIMs that fell silent together, or a source.
       * @enum {string}
       */
      subject: "sim" | "group" | "source";
      /** @description The SIM, as a path names it. Null of many SIMs. */
      sim: string | null;
      /** @description Its unique name now. */
      sim_name: string | null;
      /** @description Null of a group with SIMs of several sources. */
      source: string | null;
      /**
       * @description What the SIMs of a group share. Null of all others.
       * @enum {string|null}
       */
      shared_by: "network" | "model" | "country" | "source" | null;
      /** @description The network (MCC and MNC), the type allocation code, the country or the source that they share. */
      shared_value: string | null;
      /**
       * @description Of a source: it delivers later than usual, what it delivered is not read, or it has few SIMs and nothing comes. Null of all others.
       * @enum {string|null}
       */
      cause: "carrier-late" | "reading-late" | "carrier-or-devices" | null;
      /** @description How many SIMs it tells of: of a group, those that are silent now; of a source, those whose alerts wait. */
      sims: number;
      /**
       * Format: date-time
       * @description Its first record; of a silence, the last record before it.
       */
      start_time: string;
      /**
       * Format: date-time
       * @description When the rule's condition was met. Null of many SIMs.
       */
      met_time: string | null;
      /**
       * Format: date-time
       * @description Null while it lasts.
       */
      end_time: string | null;
      /** @description Whether nothing will change it but late records: it is over, and all days that decide about it are sealed. Null of many SIMs. */
      final: boolean | null;
      /** @description How many records it rests on. */
      records: number;
      /** @description The alert that goes on in place of a merged one. */
      merged_into: string | null;
      /** @description The group alert that tells of it. */
      group: string | null;
      /** @description How many messages told of it so far. */
      messages: number;
      /** @description Whether a message is held back, by a mute or because the source lags. */
      held: boolean;
      /** @description What receivers were last told, or are about to be. Null where nothing. */
      told: null | components["schemas"]["ToldAlert"];
      /**
       * Format: date-time
       * @description The watermark by which it was last written.
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
    /** @description What is missing or twice in a SIM's day. */
    Finding: {
      /** @description The same as long as it is the same finding. */
      id: string;
      /** @enum {string} */
      check: "chain" | "close" | "orphan" | "duplicate" | "path";
      /** @enum {string} */
      reason: "missing-windows" | "total-differs" | "no-start" | "no-end" | "no-session" | "same-window" | "not-by-stream" | "not-by-file" | "file-missing";
      /**
       * Format: date
       * @description The UTC day to which it belongs: of a session, that of its end.
       */
      day: string;
      /** @description The SIM's key; of a missing file, `files:` and the source. */
      sim: string;
      source: string;
      /** @enum {string} */
      carrier: "twilio" | "kore" | "1nce" | "emnify" | "telekom";
      session_sid: string | null;
      /**
       * Format: date-time
       * @description The time of what is missing or twice.
       */
      start_time: string;
      /** Format: date-time */
      end_time: string;
      /** @description Missing, or counted twice. Negative where records state more than the session's totals. Never add those of different checks. */
      bytes: number | null;
      /** @description Money of the record, an exact decimal. */
      cost: string | null;
      currency: string | null;
      /** @description Ids of the records that show it; of a missing file, the names of those before and behind it. */
      records: string[];
    };
    /** @description A version of a bill. */
    BillVersion: {
      /** @description Goes up when an amount, a quantity or a line changes. */
      version: number;
      /** Format: date-time */
      made_at: string;
      /** @description SIMs with a line. */
      sims: number;
      /** @description By currency; amounts of several are never added up. */
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
      /** @description Of them, what all SIMs share: pools, tiers, fees, discounts, commitment and tax of the account. With the lines of SIMs they add up to the totals. */
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
      /** @description What was taken for granted, since no roster or opening balance says otherwise: years that begin on 1 January, or nothing used before the ledger began. */
      assumptions: ({
          /** @enum {string} */
          kind: "calendar-year" | "nothing-before";
          tariff: string;
          sims: number;
        })[];
      /** @description The sealed days of which it was made. */
      days: {
          /** Format: date */
          day: string;
          version: number;
          /** @description A hash of the day's rows. */
          root: string;
        }[];
      /** @description Days of the periods from before the ledger began. */
      missing_days: string[];
      /** @description Days after the periods that are not sealed yet: they may have more of sessions that began in a period. The bill is then made again. */
      pending_days: string[];
      /** @description The versions before, oldest first. */
      history: components["schemas"]["BillVersion"][];
    });
    /** @description What usage of a charge comes to, or a fee. Members that a row is not grouped by are null. */
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
      /** @description Id of the line, if it is one, which `simledger bill --explain` opens. */
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
      /** @description Null where all SIMs share an allowance or tiers: the row of the account has it. */
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
      /** @description The records that show it. Null of many SIMs, each of which has its own alert. */
      evidence: null | components["schemas"]["AlertEvidence"];
      /** @description Of many SIMs, the alerts of at most 100 of them. */
      members: components["schemas"]["AlertMember"][];
      /** @description Messages that are not handed to every receiver yet. */
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
      /** @description The record that the beginning is compared with. */
      before: null | components["schemas"]["EvidenceRecord"];
      last: components["schemas"]["EvidenceRecord"];
      /** @description The record that ended it. Null while it lasts, and where time alone ended it. */
      end: null | components["schemas"]["EvidenceRecord"];
    };
    /** @description A SIM that a group's or a source's alert tells of, with its own alert. */
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
    /** @description A record that an alert rests on. */
    EvidenceRecord: {
      /** @enum {string} */
      type: "data_session" | "usage_record" | "connection_event" | "finding";
      /** @description Sort key of its item. */
      key: string;
      /**
       * Format: date-time
       * @description The moment of which it tells.
       */
      time: string;
      /**
       * Format: uri
       * @description A list that shows it; null for a session that is no longer there.
       */
      url: string | null;
    };
    /** @description What holds back the messages of some alerts. */
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
    /** @description Where the cell's tower is estimated to stand, in degrees; empty where that is not known. */
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
    /** @description Where a page stands in its list. The addresses are absolute. */
    Meta: {
      /** @description The name of the member with the resources. */
      key: string;
      page: number;
      page_size: number;
      /** Format: uri */
      first_page_url: string;
      /** @description A list goes one way: what comes before a page may have grown since. */
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
       * @description 20001 a parameter is wrong, 20003 the credentials are, 20004 the method is, 20404 not found, 20429 too many requests, 20500 something went wrong inside, 20503 the ledger can not be read at the moment.
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
    /** @description The client asks too often; `retry-after` says how many seconds to wait. */
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
    /** @description Where the list goes on, as `meta.next_page_url` has it. */
    PageToken?: string;
    /**
     * @description Begin here, this moment included. ISO 8601; a date alone begins at 00:00 UTC. Where it is left out, 30 days before EndTime.
     * @example 2026-11-02T00:00:00Z
     */
    StartTime?: string;
    /**
     * @description End here, this moment included (for usage, excluded). Where it is left out, now.
     * @example 2026-11-03T00:00:00Z
     */
    EndTime?: string;
    /**
     * @description Only what came by the source of this name.
     * @example emnify
     */
    Source?: string;
    /**
     * @description Show what is null otherwise, because it is personal: `imsi`, `ip_address`, and `detail`, the carrier's own words,
     * which may hold both. Several with commas between them. A deployment may refuse it, or always show all of it.
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
   * @description SIMs of which a record has come, in an order of their own that stays the same. The only list that reads a whole
   * table: a page may hold fewer SIMs than asked for, even none, with more to come, where few pass the filter.
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
         * @description Only SIMs that have a data session, or only those that have none.
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
         * @description Only SIMs of whose device nothing was heard for so long (`90m`, `24h`, `7d`), measured against now. SIMs that were never heard come first, then the longest silent; across pages this order is exact to the granule of a mark.
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
            /** @description With Silent, how far each source is known. Later records may not be in yet. */
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
   * Fetch what is known of a SIM now
   * @description Names and ids, status, online or not and since when, last network, cell and device, last activity, the open session, the bytes of this month (UTC), and how far its source is known.
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
        /** @description Only sessions with this status. A page may then hold fewer than asked for, with more to come. */
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
   * all until now. `all` sums the whole time up in one record; `hour` and `day` sum UTC hours and days up, newest first, and leave those without usage
   * out; the first and last are cut to the time asked for. `raw` lists the stored records.
   *
   * At most 31 days for `hour`, 400 for `day` and `raw`. `all` sums any time up, unless that takes more than 20
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
         * @description Only events of this type. A page may then hold fewer than asked for, with more to come.
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
   * @description How many SIMs were last seen in each country, those with most SIMs first, and how many of them may be silent, as the last
   * sweep of the alerts counted them. Silence is by marks: a SIM may have been heard up to a granule later, so these are upper
   * limits. Without a sweep there are nulls and no countries.
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
   * out; the first and last are cut to the time asked for. With `Group=sim` SIMs come in an order of their own that stays the
   * same, unless there is `Order`.
   *
   * Days that are sealed come from sums, also when their usage records have expired. Others are `live`: added up from the records
   * that have come, where at most 1,000 SIMs match. Where more do, they come from sums that are made every few hours; `coverage`
   * says which days do, as of when, and which times are left out.
   * At most 31 days for `hour`, which more than 1,000 SIMs don't have, and 400 for others.
   */
  listFleetUsageRecords: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Beginning of the time. Default is one month before its end.
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
         * @description Records with the most come first.
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
   * @description Files of all configured sources, those delivered last first.
   */
  listFiles: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        Source?: components["parameters"]["Source"];
        /** @description Only files in this state. A page may then hold fewer than asked for, with more to come. */
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
   * @description What could not be read, of streams, webhooks and files, by source and code: an object for the rejects of one
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
         * @description Only rejects with this code. A page may then hold fewer than asked for, with more to come.
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
   * @description Alerts of all rules, those that began last first.
   */
  listAlerts: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Alerts that began here or later, by the carrier's time. ISO 8601; a date alone begins at 00:00 UTC. Where it is left out, 400 days before EndTime, which is the longest range.
         * @example 2026-10-01
         */
        StartTime?: string;
        /**
         * @description Alerts that began here or earlier. Where it is left out, now.
         * @example 2026-11-03T00:00:00Z
         */
        EndTime?: string;
        /** @description Only alerts in this state. A page may then hold fewer than asked for, with more to come; so it may with any filter. */
        State?: "open" | "closed" | "merged" | "withdrawn" | "rule-changed";
        /** @description Only alerts of this severity. */
        Severity?: "info" | "warning" | "critical";
        /**
         * @description Only alerts of the rule of this name.
         * @example silent
         */
        Rule?: string;
        /**
         * @description Only alerts of this SIM, by any of the names that a path takes.
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
   * @description What carriers did not deliver, or delivered twice, as the day pass found it in closed days, that of the last day first. A finding ends by itself when the missing record comes.
   */
  listFindings: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Findings of this day or later. ISO 8601. Where it is left out, 30 days before EndTime; the longest range is 400 days.
         * @example 2026-10-01
         */
        StartTime?: string;
        /**
         * @description Findings of days that begin before it. Where it is left out, now.
         * @example 2026-11-01T00:00:00Z
         */
        EndTime?: string;
        /** @description Only findings of this check. A page may then hold fewer than asked for, with more to come; so it may with any filter. */
        Check?: "chain" | "close" | "orphan" | "duplicate" | "path";
        /**
         * @description Only findings of this SIM, by any of the names that a path takes.
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
   * @description The bills that were made of months whose days are sealed, by the tariffs that are put, that of the last month first.
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
   * @description What a month's billing periods cost by charge, country and network, and the days of which it was made.
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
   * @description What each SIM comes to by charge, country, network and zone, in an order of SIMs that stays the same. What all SIMs share is in the bill's `account_rows`.
   */
  listBillLines: {
    parameters: {
      query?: {
        PageSize?: components["parameters"]["PageSize"];
        Page?: components["parameters"]["Page"];
        PageToken?: components["parameters"]["PageToken"];
        /**
         * @description Only lines of this SIM, by any of the names that a path takes.
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
      /** @description A page that loads nothing from elsewhere. */
      200: {
        content: {
          "text/html": string;
        };
      };
      400: components["responses"]["BadParameter"];
    };
  };
  /** Ask whether the API is up */
  fetchHealth: {
    responses: {
      /** @description It is. */
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
