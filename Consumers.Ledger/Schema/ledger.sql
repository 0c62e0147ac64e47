-- What all migrations make, written by scripts/ledger-schema.sh. Not to be edited.
CREATE TABLE "__EFMigrationsHistory" (
    "MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY,
    "ProductVersion" TEXT NOT NULL
);
CREATE TABLE "Tasks" (
    "Row" INTEGER NOT NULL CONSTRAINT "PK_Tasks" PRIMARY KEY AUTOINCREMENT,
    "Id" TEXT NOT NULL,
    "Module" TEXT NOT NULL,
    "Type" TEXT NOT NULL,
    "Key" TEXT NULL,
    "Status" TEXT NOT NULL,
    "WorkerId" TEXT NULL,
    "RetryCount" INTEGER NOT NULL,
    "MaxRetries" INTEGER NOT NULL,
    "Series" INTEGER NOT NULL,
    "Attempt" INTEGER NOT NULL,
    "Epoch" INTEGER NOT NULL,
    "Seq" INTEGER NOT NULL,
    "Owner" TEXT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "ChangedAt" INTEGER NOT NULL,
    "StartTime" INTEGER NULL,
    "CompletedTime" INTEGER NULL,
    "DueAt" INTEGER NULL,
    "Tier" INTEGER NULL,
    "DeadReason" TEXT NULL,
    "ErrorMessage" TEXT NULL,
    "AwaitsPublishing" INTEGER NOT NULL,
    "EnqueuedAt" INTEGER NULL,
    "SharedDeaths" INTEGER NOT NULL,
    "SolitaryDeaths" INTEGER NOT NULL,
    "Solitary" INTEGER NOT NULL,
    "Owed" INTEGER NOT NULL
, "AcceptedIn" TEXT NULL, "TraceId" TEXT NULL);
CREATE TABLE "TaskBodies" (
    "TaskRow" INTEGER NOT NULL CONSTRAINT "PK_TaskBodies" PRIMARY KEY,
    "Payload" BLOB NOT NULL,
    "Unknown" TEXT NULL,
    CONSTRAINT "FK_TaskBodies_Tasks_TaskRow" FOREIGN KEY ("TaskRow") REFERENCES "Tasks" ("Row") ON DELETE CASCADE
);
CREATE TABLE "Attempts" (
    "TaskRow" INTEGER NOT NULL,
    "Series" INTEGER NOT NULL,
    "Attempt" INTEGER NOT NULL,
    "Epoch" INTEGER NOT NULL,
    "WorkerId" TEXT NOT NULL,
    "StartedAt" INTEGER NOT NULL,
    "EndedAt" INTEGER NULL,
    "Outcome" TEXT NULL,
    "Error" TEXT NULL,
    "DueAt" INTEGER NULL, "TraceId" TEXT NULL,
    CONSTRAINT "PK_Attempts" PRIMARY KEY ("TaskRow", "Series", "Attempt", "Epoch"),
    CONSTRAINT "FK_Attempts_Tasks_TaskRow" FOREIGN KEY ("TaskRow") REFERENCES "Tasks" ("Row") ON DELETE CASCADE
);
CREATE TABLE "Counters" (
    "Module" TEXT NOT NULL,
    "Status" TEXT NOT NULL,
    "Count" INTEGER NOT NULL,
    CONSTRAINT "PK_Counters" PRIMARY KEY ("Module", "Status")
);
CREATE TABLE "Instances" (
    "RunId" TEXT NOT NULL CONSTRAINT "PK_Instances" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "Host" TEXT NOT NULL,
    "HostIdentity" TEXT NOT NULL,
    "Pid" INTEGER NOT NULL,
    "ProcessStart" INTEGER NOT NULL,
    "LeaseUntil" INTEGER NOT NULL,
    "State" TEXT NOT NULL,
    "Modules" TEXT NOT NULL,
    "Url" TEXT NULL,
    "Version" TEXT NOT NULL,
    "Running" INTEGER NOT NULL,
    "Completed" INTEGER NOT NULL,
    "Failed" INTEGER NOT NULL,
    "StartedAt" INTEGER NOT NULL,
    "SeenAt" INTEGER NOT NULL
, "InHands" TEXT NULL);
CREATE UNIQUE INDEX "IX_Tasks_Id" ON "Tasks" ("Id");
CREATE INDEX "IX_Tasks_Type_Row" ON "Tasks" ("Type", "Row");
CREATE INDEX "IX_Tasks_Module_Row" ON "Tasks" ("Module", "Row");
CREATE INDEX "IX_Tasks_Key_Row" ON "Tasks" ("Key", "Row") WHERE "Key" IS NOT NULL;
CREATE INDEX "IX_Tasks_Status_Row" ON "Tasks" ("Status", "Row") WHERE "Status" <> 'COMPLETED';
CREATE INDEX "IX_Tasks_Unpublished" ON "Tasks" ("Module", "EnqueuedAt", "Row") WHERE "AwaitsPublishing";
CREATE TABLE "Pauses" (
    "Module" TEXT NOT NULL,
    "Type" TEXT NOT NULL,
    "Since" INTEGER NOT NULL,
    "Actor" TEXT NOT NULL,
    "Reason" TEXT NULL,
    CONSTRAINT "PK_Pauses" PRIMARY KEY ("Module", "Type")
);
CREATE TABLE "Audit" (
    "Row" INTEGER NOT NULL CONSTRAINT "PK_Audit" PRIMARY KEY AUTOINCREMENT,
    "Id" TEXT NOT NULL,
    "At" INTEGER NOT NULL,
    "Actor" TEXT NOT NULL,
    "Action" TEXT NOT NULL,
    "Target" TEXT NOT NULL,
    "Count" INTEGER NOT NULL,
    "Result" TEXT NOT NULL,
    "Detail" TEXT NULL
);
CREATE UNIQUE INDEX "IX_Audit_Id" ON "Audit" ("Id");
CREATE TABLE "DeadLetterCauses" (
    "Row" INTEGER NOT NULL CONSTRAINT "PK_DeadLetterCauses" PRIMARY KEY AUTOINCREMENT,
    "Id" TEXT NOT NULL,
    "Module" TEXT NOT NULL,
    "Type" TEXT NULL,
    "Reason" TEXT NOT NULL,
    "Error" TEXT NOT NULL,
    "Place" TEXT NULL,
    "Dead" INTEGER NOT NULL,
    "Replayed" INTEGER NOT NULL,
    "Discarded" INTEGER NOT NULL,
    "FirstAt" INTEGER NOT NULL,
    "LastAt" INTEGER NOT NULL
);
CREATE TABLE "DeadLetterCauseHours" (
    "Cause" INTEGER NOT NULL,
    "Hour" INTEGER NOT NULL,
    "Count" INTEGER NOT NULL,
    CONSTRAINT "PK_DeadLetterCauseHours" PRIMARY KEY ("Cause", "Hour"),
    CONSTRAINT "FK_DeadLetterCauseHours_DeadLetterCauses_Cause" FOREIGN KEY ("Cause") REFERENCES "DeadLetterCauses" ("Row") ON DELETE CASCADE
);
CREATE TABLE "DeadLetters" (
    "Row" INTEGER NOT NULL CONSTRAINT "PK_DeadLetters" PRIMARY KEY AUTOINCREMENT,
    "Id" TEXT NOT NULL,
    "Seq" INTEGER NOT NULL,
    "Module" TEXT NOT NULL,
    "Source" TEXT NOT NULL,
    "Origin" TEXT NULL,
    "Identity" TEXT NOT NULL,
    "TaskId" TEXT NULL,
    "Type" TEXT NULL,
    "Key" TEXT NULL,
    "Content" TEXT NOT NULL,
    "Series" INTEGER NOT NULL,
    "Reason" TEXT NOT NULL,
    "Cause" INTEGER NOT NULL,
    "Error" TEXT NOT NULL,
    "Attempts" INTEGER NOT NULL,
    "Times" INTEGER NOT NULL,
    "FirstFailureAt" INTEGER NULL,
    "DeadAt" INTEGER NOT NULL,
    "ArchivedAt" INTEGER NOT NULL,
    "ChangedAt" INTEGER NOT NULL,
    "ConsumerId" TEXT NULL,
    "BodyBytes" INTEGER NOT NULL,
    "State" TEXT NOT NULL,
    "ReplayedAs" TEXT NULL,
    "Operation" TEXT NULL,
    CONSTRAINT "FK_DeadLetters_DeadLetterCauses_Cause" FOREIGN KEY ("Cause") REFERENCES "DeadLetterCauses" ("Row") ON DELETE RESTRICT
);
CREATE TABLE "DeadLetterBodies" (
    "DeadLetterRow" INTEGER NOT NULL CONSTRAINT "PK_DeadLetterBodies" PRIMARY KEY,
    "Body" BLOB NOT NULL,
    "Sha256" TEXT NULL,
    "Headers" TEXT NOT NULL,
    CONSTRAINT "FK_DeadLetterBodies_DeadLetters_DeadLetterRow" FOREIGN KEY ("DeadLetterRow") REFERENCES "DeadLetters" ("Row") ON DELETE CASCADE
);
CREATE TABLE "DeadLetterCounters" (
    "Module" TEXT NOT NULL,
    "State" TEXT NOT NULL,
    "Count" INTEGER NOT NULL,
    CONSTRAINT "PK_DeadLetterCounters" PRIMARY KEY ("Module", "State")
);
CREATE TABLE "Sequences" (
    "Name" TEXT NOT NULL CONSTRAINT "PK_Sequences" PRIMARY KEY,
    "Last" INTEGER NOT NULL
);
CREATE UNIQUE INDEX "IX_DeadLetterCauses_Id" ON "DeadLetterCauses" ("Id");
CREATE INDEX "IX_DeadLetterCauses_Module" ON "DeadLetterCauses" ("Module");
CREATE UNIQUE INDEX "IX_DeadLetters_Id" ON "DeadLetters" ("Id");
CREATE UNIQUE INDEX "IX_DeadLetters_Seq" ON "DeadLetters" ("Seq");
CREATE UNIQUE INDEX "IX_DeadLetters_Module_Identity" ON "DeadLetters" ("Module", "Identity");
CREATE UNIQUE INDEX "IX_DeadLetters_Module_TaskId" ON "DeadLetters" ("Module", "TaskId") WHERE "TaskId" IS NOT NULL;
CREATE INDEX "IX_DeadLetters_State_Seq" ON "DeadLetters" ("State", "Seq");
CREATE INDEX "IX_DeadLetters_Module_State_Seq" ON "DeadLetters" ("Module", "State", "Seq");
CREATE INDEX "IX_DeadLetters_Type_State_Seq" ON "DeadLetters" ("Type", "State", "Seq");
CREATE INDEX "IX_DeadLetters_Reason_State_Seq" ON "DeadLetters" ("Reason", "State", "Seq");
CREATE INDEX "IX_DeadLetters_Cause_State_Seq" ON "DeadLetters" ("Cause", "State", "Seq");
CREATE TABLE "Operations" (
    "Row" INTEGER NOT NULL CONSTRAINT "PK_Operations" PRIMARY KEY AUTOINCREMENT,
    "Id" TEXT NOT NULL,
    "Kind" TEXT NOT NULL,
    "State" TEXT NOT NULL,
    "Scope" TEXT NOT NULL,
    "Actor" TEXT NOT NULL,
    "Why" TEXT NULL,
    "RateMilli" INTEGER NOT NULL,
    "Canary" INTEGER NOT NULL,
    "StopAtFailurePercent" INTEGER NOT NULL,
    "Modules" TEXT NOT NULL,
    "IsCanaryPassed" INTEGER NOT NULL,
    "JudgedSucceeded" INTEGER NOT NULL,
    "JudgedFailed" INTEGER NOT NULL,
    "Total" INTEGER NOT NULL,
    "Waiting" INTEGER NOT NULL,
    "Claimed" INTEGER NOT NULL,
    "Published" INTEGER NOT NULL,
    "Awaited" INTEGER NOT NULL,
    "Succeeded" INTEGER NOT NULL,
    "FailedAgain" INTEGER NOT NULL,
    "Discarded" INTEGER NOT NULL,
    "Skipped" INTEGER NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "EndedAt" INTEGER NULL,
    "Note" TEXT NULL,
    "IsOpen" INTEGER NOT NULL,
    "Owner" TEXT NULL,
    "Runner" TEXT NULL,
    "Body" BLOB NULL
);
CREATE TABLE "OperationItems" (
    "Operation" INTEGER NOT NULL,
    "Position" INTEGER NOT NULL,
    "DeadLetterRow" INTEGER NOT NULL,
    "State" TEXT NOT NULL,
    "Series" INTEGER NULL,
    "TaskId" TEXT NULL,
    "Awaited" INTEGER NOT NULL,
    "At" INTEGER NULL,
    "Error" TEXT NULL,
    CONSTRAINT "PK_OperationItems" PRIMARY KEY ("Operation", "Position"),
    CONSTRAINT "FK_OperationItems_Operations_Operation" FOREIGN KEY ("Operation") REFERENCES "Operations" ("Row") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "IX_Operations_Id" ON "Operations" ("Id");
CREATE INDEX "IX_Operations_Open" ON "Operations" ("Row") WHERE "IsOpen";
CREATE UNIQUE INDEX "IX_OperationItems_InHand" ON "OperationItems" ("DeadLetterRow") WHERE "State" IN ('waiting', 'claimed');
CREATE INDEX "IX_OperationItems_Operation_State_Position" ON "OperationItems" ("Operation", "State", "Position");
CREATE INDEX "IX_OperationItems_Awaited" ON "OperationItems" ("Operation", "Position") WHERE "Awaited";
CREATE INDEX "IX_OperationItems_Replayed" ON "OperationItems" ("TaskId") WHERE "State" IN ('claimed', 'published');
CREATE TABLE "Receipts" (
    "RunId" TEXT NOT NULL CONSTRAINT "PK_Receipts" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "Host" TEXT NOT NULL,
    "Pid" INTEGER NOT NULL,
    "Reason" TEXT NOT NULL,
    "StartedAt" INTEGER NOT NULL,
    "StoppingAt" INTEGER NULL,
    "EndedAt" INTEGER NOT NULL,
    "InFlight" INTEGER NOT NULL,
    "Finished" INTEGER NOT NULL,
    "HandedBack" INTEGER NOT NULL,
    "Abandoned" INTEGER NOT NULL,
    "TakenOver" INTEGER NOT NULL,
    "Tasks" TEXT NOT NULL
);
CREATE INDEX "IX_Receipts_EndedAt" ON "Receipts" ("EndedAt");
CREATE TABLE "Figures" (
    "StepSeconds" INTEGER NOT NULL,
    "Start" INTEGER NOT NULL,
    "Source" TEXT NOT NULL,
    "Completed" INTEGER NOT NULL,
    "Failed" INTEGER NOT NULL,
    "Retried" INTEGER NOT NULL,
    "Running" INTEGER NOT NULL,
    "Backlog" INTEGER NULL,
    "Handling" TEXT NOT NULL,
    "Age" TEXT NOT NULL, "Processes" INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT "PK_Figures" PRIMARY KEY ("StepSeconds", "Start", "Source")
);
CREATE INDEX "IX_Tasks_Waiting" ON "Tasks" ("Module", "DueAt", "Tier", "Status") WHERE "Status" = 'RETRYING';
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000000_Initial', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000001_Pauses', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000002_DeadLetters', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000003_Operations', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000004_Receipts', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000005_Figures', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000006_Looks', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261121000007_Traces', '10.0.14');
INSERT INTO "__EFMigrationsHistory" VALUES ('20261201000008_Running', '10.0.14');
