/**
 * What a store must do, by stable id. Each id is cited by at least one test of `describeStore`; a failing test names the
 * promise that was broken.
 */
export const STORE_REQUIREMENTS = {
  "records.create": "A record is read back exactly as it was written, as version 1.",
  "records.any-text": "Well-formed text of any kind and length is kept exactly, NUL included.",
  "records.any-metadata": "Metadata keys that name members of objects, such as __proto__, are ordinary keys.",
  "records.read-order": "Reading several ids answers in the order asked, with null for what is not there.",
  "records.versions": "Every change of an id adds one to its version, across deletion and re-creation.",
  "records.compare-and-set":
    "A write is refused as version_conflict unless the record has the expected version.",
  "records.copies":
    "Values given to a store or taken from it can be changed without changing what is stored.",

  "duplicates.refused": "No two living records of a tenant have the same duplicate key.",
  "duplicates.own-key": "A record keeps its duplicate key through its own updates.",
  "duplicates.freed": "A duplicate key is free again when its record changes its key or goes.",
  "duplicates.expired": "An expired record holds no duplicate key.",
  "duplicates.found": "The living record of each duplicate key can be found.",

  "aliases.followed": "Reading an aliased id gives the record it leads to, through any number of merges.",
  "aliases.ended": "An alias ends when something is stored under its id.",
  "aliases.dangling": "An alias whose target is gone, or that leads back to itself, reads as absent.",
  "aliases.listed": "The aliases that hold can be listed, each tenant's own.",
  "aliases.as-of": "As of an instant before the merge, an id reads as its own record.",

  "batches.atomic": "When one write of a batch is refused, nothing of the batch has happened.",
  "batches.in-order":
    "The writes of a batch take effect in order, and their versions come back in that order.",
  "batches.large": "A batch may have a thousand writes.",

  "idempotency.recalled": "The result kept with an idempotency key is given again, per tenant.",
  "idempotency.refused":
    "A write with a key that was used is refused as idempotency_key_reused, before anything else.",
  "idempotency.forgotten":
    "Keys answered up to an instant are forgotten, so many at a time, and can be used again; later ones stay.",

  "history.versions": "Every version is kept with its time, author, reason, confidence and record.",
  "history.as-of": "Reads, lists and counts answer as things were known at an instant.",
  "history.forgotten":
    "Versions that retention does not ask for are forgotten; the current one stays, and what a removal removed.",
  "history.ids": "Every id that was ever used can be listed, erased ones included, each tenant's own.",
  "history.erased": "Erasing leaves no record, history or alias; the feed says that something changed.",

  "expiry.instant": "From its expiry instant on, to the microsecond, a record is in no answer.",
  "expiry.write": "A write treats an expired record as absent.",
  "expiry.removed": "Removing expired records leaves their history and tells the feed.",

  "access.counted": "Counting an access changes only the access fields: no version, no change.",

  "listing.order": "Lists order by creation instant, ties by rising id in code points.",
  "listing.pages": "Pages by place or by offset give every record once, and are full until the last.",
  "listing.filter":
    "Every filter leaves exactly what the reference evaluator leaves, in lists, counts and rows.",
  "listing.filter-limits": "The longest and deepest filters that the parser allows work.",
  "listing.count": "A count is the number of records on all pages.",

  "feed.entries": "The feed tells every change of a record once, in order, with its scope.",
  "feed.sessions": "The feed tells every change of a session.",
  "feed.pages": "The feed can be read in pages by sequence number, which only rises.",
  "feed.follow": "A follower misses nothing while several handles write.",
  "feed.forgotten":
    "Changes made up to an instant are forgotten, so many at a time and never the newest; who follows from before them is told so.",
  "feed.forgotten-races":
    "While several write and old changes are forgotten, a follower gets every change or is told that it missed some.",
  "feed.taken": "Changes taken from another store join the feed in order, with the position they came from.",
  "feed.taken-once": "Of several who take the same changes, exactly one does.",

  "index.entries": "Index entries come back exactly, by rising row number.",
  "index.pages": "Index entries can be paged by row and restricted to a user or to none.",
  "index.rows": "The rows a filter leaves come back rising.",
  "index.rows-not-reused": "A row number is never given twice, not even after deletion and reopening.",
  "index.stale": "Entries that another embedder or analyser made, or that lack a vector, are named by row.",
  "index.reindex": "An index entry is replaced only for the version it was made from.",

  "sessions.create": "The first write begins an empty session; every write adds one to its version.",
  "sessions.operations": "Every session operation means what the reference means, in any combination.",
  "sessions.any-text": "Well-formed text of any kind is kept exactly in messages, data, lists and context.",
  "sessions.atomic": "When one operation does not fit, nothing of the write has happened.",
  "sessions.copies": "Values given to or taken from a session can be changed without changing it.",
  "sessions.compare-and-set":
    "A session write or deletion is refused unless the version is the expected one.",
  "sessions.must-exist": "A write that must not create a session fails with session_not_found.",
  "sessions.idempotency": "Repeating an idempotency key gives the first receipt and changes nothing.",
  "sessions.delete": "Deleting a session removes all of it and says whether it was there.",
  "sessions.sliding-expiry": "A sliding time to live starts anew with every write.",
  "sessions.fixed-expiry": "A fixed time to live runs from when it was set.",
  "sessions.expired": "An expired session is absent everywhere, and writing to it begins a new one.",
  "sessions.remove-expired": "Expired sessions of every tenant are removed, so many at a time.",
  "sessions.newest": "The newest messages are chosen by date and come oldest first.",
  "sessions.find": "A session id is found in every scope of its tenant.",
  "sessions.list":
    "Sessions list most recently updated first, restricted by namespace and user, with a total.",

  "tenants.records": "Nothing of one tenant's records is seen or changed through another tenant.",
  "tenants.feed": "Each tenant has a feed of its own.",
  "tenants.list": "Tenants that keep records or sessions are named; reading makes no tenant.",
  "tenants.sessions": "Nothing of one tenant's sessions is seen or changed through another tenant.",

  "scopes.ids": "Ids that look alike are different records.",
  "scopes.fields": "Scope labels that look alike are different, and none is a prefix or pattern of another.",
  "scopes.sessions": "Session keys that look alike are different sessions.",

  "races.append": "Concurrent appends lose and double nothing and keep each writer's order.",
  "races.lists": "Concurrent pushes lose nothing and concurrent pops give nothing twice.",
  "races.counters": "Concurrent increments lose nothing.",
  "races.merges": "Concurrent merges into the data lose no key.",
  "races.compare-and-set": "Of several writers expecting one version, exactly one wins.",
  "races.duplicates": "Of several records with one duplicate key, exactly one is stored.",
  "races.idempotency": "Of several writes with one idempotency key, exactly one is carried out.",
  "races.seen": "What one handle acknowledged, every other handle sees.",

  "durability.reopen": "Everything acknowledged is there after closing and opening again.",

  "lifecycle.closed": "Every call on a closed handle fails with store_closed; closing again does no harm.",
  "lifecycle.handles": "Closing one handle leaves the others working.",
  "lifecycle.close-waits":
    "A call made before closing is carried out and acknowledged, or refused, never half of it.",
  "lifecycle.check": "A check of sound data finds no problem.",
  "lifecycle.name": "A store names its engine.",
} as const;

export type StoreRequirementId = keyof typeof STORE_REQUIREMENTS;

/** What a memory must do wherever it is kept, embedded or remote. Each id is cited by a test of `describeMemory`. */
export const MEMORY_REQUIREMENTS = {
  "memory.add": "A record keeps every field it is given and gets defaults for the rest.",
  "memory.clock": "Times come from the clock the memory was opened with.",
  "memory.add-many":
    "Several records are added in order, all or none, and a wrong one is named by its position.",
  "memory.add-known-id":
    "Adding a known id in its scope writes the next version; in another scope it is refused.",
  "memory.duplicates":
    "Exact duplicates are kept once, with what each of them knew, and their ids lead to the one kept.",
  "memory.not-duplicates":
    "Records that differ in scope, type, speaker or date are no duplicates, and kept turns never are.",
  "memory.any-text": "Well-formed text of any kind is kept exactly, up to a megabyte and more.",
  "memory.bad-text": "Lone surrogates, and NUL in labels, are refused by field.",
  "memory.bad-input": "A wrong field is refused by name, and nothing is stored.",
  "memory.update": "An update changes the fields it names, clears with null and replaces lists whole.",
  "memory.update-refused": "Wrong patches, absent records and records of other scopes are refused.",
  "memory.compare-and-set":
    "An update or deletion that expects another version is refused as version_conflict.",
  "memory.delete": "Deletion gives the ids that existed and leaves their history.",
  "memory.delete-scope": "Nothing outside a scope is deleted through it.",
  "memory.erase": "Erasing leaves no record, history or index entry.",
  "memory.forget": "A forgetting policy first only tells, spares what is pinned or kept, and leaves history.",
  "memory.history": "Every version is kept with who, why and how sure, and shown in its scope only.",
  "memory.as-of": "Reading, listing and searching answer as things were known at an instant.",
  "memory.validity": "Searching recalls what is true now, or at any instant asked for.",
  "memory.expiry": "From its expiry instant on a record is in no answer.",
  "memory.changes":
    "The change feed tells every change of a scope once: records in order, and sessions in order.",
  "memory.changes-forgotten":
    "Who slept until its changes were forgotten is told so when it follows the feed, and finds what everybody else finds.",
  "memory.idempotency":
    "Repeating a write with its key gives the first answer; the key with other content is refused.",
  "memory.list": "Lists order by creation, ties by id, and tell the total.",
  "memory.list-pages":
    "Pages by cursor, offset and iteration give every record once and are full until the last.",
  "memory.list-cursor": "A cursor keeps its place while records come and go.",
  "memory.list-refused": "Wrong listing options are refused by name.",
  "memory.filters": "Listing and searching leave exactly what the reference evaluator leaves.",
  "memory.filter-operators": "Every filter operator works.",
  "memory.filter-refused": "Unknown filter fields and operators are errors that name the place.",
  "memory.scope-narrows": "A scope only gets narrower, and what is added through it carries its fields.",
  "memory.scope-exact": "Labels that look alike are different scopes, in lists, searches and reads by id.",
  "memory.scope-ids": "Ids that look alike are different records.",
  "memory.scope-sessions": "Session ids and scopes that look alike are different sessions.",
  "memory.tenants": "Nothing of one tenant is seen through another.",
  "memory.abort": "An aborted signal rejects every call with its reason.",
  "memory.errors": "Errors are of one family and carry code, status and remedy, embedded and remote.",
  "memory.closed": "Every call on a closed memory fails with store_closed.",
  "memory.no-lost-updates": "Several handles writing at once lose nothing.",
  "memory.one-winner": "Of several handles writing the same, exactly one wins.",
  "memory.durable": "Everything acknowledged is there after opening again.",

  "search.relevant": "The obviously right record comes first; scores lie in [0, 1] and never rise.",
  "search.record": "A hit is the whole record as reading gives it.",
  "search.keyword": "Keyword mode finds only records that have one of the words.",
  "search.filter-first": "Scope and filter apply before ranking and cutting off.",
  "search.pages": "Pages are full until the last, repeat nothing, and tell the total and the next offset.",
  "search.ties": "Equal scores order by id.",
  "search.thresholds": "Hits below a score or beyond a distance are left out.",
  "search.explain": "An explanation comes on request, and only then.",
  "search.fresh": "A search sees what any handle wrote before it.",
  "search.deleted": "A deleted record is never found again.",
  "search.updated": "An updated record is found by its new words and scope, not by its old.",
  "search.reopened": "A search gives the same after opening again.",
  "search.touch": "Found records count as accessed unless told otherwise, without a new version.",
  "search.recency": "On request the recent is preferred, as much as the weights say.",
  "search.empty": "An empty memory or scope gives an empty result; it is never widened.",
  "search.any-text": "Any well-formed text is a valid query.",
  "search.odd-records": "Records in any script are found by their own words.",
  "search.refused": "Wrong search options are refused by name.",

  "session.append": "Messages stay in the order they were appended, with every field.",
  "session.defaults":
    "An operation may leave out what has a default: ids and times of messages, and parts of a session.",
  "session.append-again": "Appending a message whose id is there changes nothing.",
  "session.idempotency": "Repeating a session write with its key gives the first answer.",
  "session.any-text": "Well-formed text of any kind is kept exactly in messages, data, lists and summary.",
  "session.refused": "Wrong messages, operations and session ids are refused by name.",
  "session.data": "The dictionary sets, merges, counts and deletes, with any key.",
  "session.lists": "Lists push, pop, insert, remove, replace and clear, from both ends.",
  "session.apply": "Several operations are applied together or not at all, against an expected version.",
  "session.replace": "A session can be replaced as a whole.",
  "session.expiry": "A session ends when its time to live has passed, sliding or fixed.",
  "session.end": "A session ends by hand or with its block; long-term records stay.",
  "session.list": "The sessions of a scope can be listed in pages.",
  "session.context":
    "A context has the summary, recalled records, recent messages, and the query once and last.",
  "session.context-budget": "A context stays inside its budget and keeps the newest messages.",
  "session.context-fence": "Recalled text is fenced as data and cannot close the fence.",
  "session.context-empty": "A context works without a session, records or a query.",

  "conversation.fields": "Fields are set, read with a fallback, listed and deleted by any name.",
  "conversation.lists": "A field that is a list appends, extends, inserts, pops and removes, as in Python.",
  "conversation.model": "Any steps on fields do what they do on a dictionary of values and lists.",
  "conversation.messages": "Messages are added beside the fields; the newest can be asked for.",
  "conversation.atomic": "Several handles on one conversation lose nothing.",
  "conversation.size": "The size tells bytes of UTF-8 JSON, field by field.",
  "conversation.clear": "Clearing a conversation leaves nothing of it but its long-term records.",
  "conversation.stats": "Totals and a line for each conversation of a scope.",
  "conversation.ttl": "Each field expires at its own instant, which every write of the field sets anew.",
  "conversation.set-ttl": "One time to live can be set for everything in a conversation.",
  "conversation.lifetime":
    "A conversation ends so long after its last write as was said when it began, and not before its fields.",
  "conversation.cleanup": "Conversations of a scope that were left alone for long are removed.",
} as const;

export type MemoryRequirementId = keyof typeof MEMORY_REQUIREMENTS;

/** What a vector index must do. Each id is cited by a test of `describeVectorIndex`. */
export const VECTOR_REQUIREMENTS = {
  "vectors.upsert": "What was added is found, with its cosine.",
  "vectors.replace": "Adding an id again replaces its vector and labels, and doubles nothing.",
  "vectors.remove": "What was removed is not found; ids that are not there are skipped.",
  "vectors.many": "Thousands of vectors can be added and removed in one call.",
  "vectors.shared": "What one handle acknowledged, every other handle sees.",
  "vectors.order": "Hits come best first, ties by rising id.",
  "vectors.limits": "A search gives as many hits as asked for, or all there are.",
  "vectors.recall": "At least 95 of 100 nearest are found, and every cosine is right.",
  "vectors.filter": "A search leaves out nothing that its filter leaves in.",
  "vectors.aborted": "A search that is given up rejects with the signal's reason.",
  "vectors.ids": "Ids of any kind are kept exactly, and those that look alike are different.",
  "vectors.scopes": "A search finds exactly what carries the labels of its scope.",
  "vectors.scope-first": "The scope is applied before the best are chosen.",
  "vectors.tenants": "Nothing of one tenant is found or changed through another.",
  "vectors.spaces": "Vectors of different embedders are never compared, not even of equal length.",
  "vectors.position": "The place in the change feed is kept for each tenant, and is in no answer.",
  "vectors.clear": "Clearing forgets vectors and place of one tenant.",
  "vectors.dimensions":
    "Vectors of another length are refused as invalid_input, and nothing of the call is kept.",
  "vectors.unavailable": "An engine that cannot be reached is vectors_unavailable, which may be tried again.",
} as const;

export type VectorRequirementId = keyof typeof VECTOR_REQUIREMENTS;

/** What a job queue must do, by stable id, cited by the tests of `describeJobQueue`. */
export const JOB_REQUIREMENTS = {
  "jobs.run": "A job reaches its handler exactly as it was enqueued, and is gone when it is done.",
  "jobs.any-payload": "Any JSON and any well-formed text is kept exactly.",
  "jobs.refused": "Wrong jobs, workers, schedules and questions are refused by name.",
  "jobs.kinds": "A worker takes only kinds that it has handlers for.",
  "jobs.order": "Higher priorities come first; equal ones in the order they came.",
  "jobs.concurrency": "A worker does as many jobs side by side as it was told, and no more.",
  "jobs.shared": "Several workers share the jobs, and each is done once.",
  "jobs.delay": "No job is started before its instant.",

  "keys.once": "Of the jobs of one kind, tenant and key, one waits or runs.",
  "keys.races": "A key that several handles enqueue at once makes one job.",
  "keys.retrying": "A job holds its key while it waits for its next attempt.",

  "retries.again": "A failed job is tried again, and remembers how it failed.",
  "retries.backoff": "Pauses grow with each failure and are spread by chance.",

  "dead.visible":
    "What failed for good is listed with code and sentence, without credentials, and holds no key.",
  "dead.at-once": "A job whose input is refused is a dead letter without another attempt.",
  "dead.retried": "A dead letter is done again on request, with all its attempts.",
  "dead.replaced": "Retrying a dead letter whose key another job has taken leaves that one.",
  "dead.discarded": "A job that is not running can be removed.",
  "dead.pages": "Lists by state and kind come in pages that give every job once; counts agree with them.",

  "leases.taken-over": "The job of a worker that was killed is done by another one.",
  "leases.last-attempt": "A job whose worker was killed in the last attempt is a dead letter.",
  "leases.kept": "A worker that gives signs of life keeps its job.",
  "leases.lost": "What a worker says about a job it has lost does not count.",

  "drain.waits": "Stopping waits for running jobs and takes no more.",
  "drain.given-back": "What does not end in time goes back as if it had not begun.",
  "drain.heeded": "What ends because it is asked to goes back as if it had not begun.",
  "drain.durable": "Every job is there after opening again.",
  "drain.closed": "Every call on a closed queue fails with store_closed.",

  "schedules.once": "A tick of a schedule has one run, however many workers there are.",
  "schedules.made-up": "A tick that nobody has run is made up for once, and none is run twice.",
  "schedules.no-pile": "No run of a schedule begins beside one that goes on.",
} as const;

export type JobRequirementId = keyof typeof JOB_REQUIREMENTS;

/** The id of any promise: tests cite it. */
export type RequirementId = StoreRequirementId | MemoryRequirementId | VectorRequirementId | JobRequirementId;
