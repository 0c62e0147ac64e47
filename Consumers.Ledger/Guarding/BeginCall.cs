using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>One call of <see cref="IAttemptGuard.BeginAsync"/>: reads the row or makes it, decides, writes. May run more than once, until a commit is certain.</summary>
internal sealed class BeginCall(AttemptRequest request, InstanceIdentity self, OwnerJudge judge) : LedgerCommand<AttemptBegin>
{
    private AttemptBegin.Begun? _tried;

    // A power cut loses only the count of an attempt that is delivered again anyway.
    public override bool IsOutcome => false;

    public override bool GoesOnInRow => true;

    protected override AttemptBegin Run(LedgerTransaction transaction)
    {
        var message = request.Message;
        var row = TaskRows.Find(transaction, message.Id);
        // The commit that seemed to fail was made after all: this is the begin of this very call.
        if (_tried is not null && row is { State: TaskState.Processing } && row.Owner == self.RunId && row.Epoch == _tried.Epoch && row.Attempt == _tried.Key.Attempt)
        {
            return _tried;
        }
        // A retry is one of ours, and carries what the first attempt carried.
        if (row is not null && message.RetryCount == 0 && !TaskRows.IsOf(transaction, row, message))
        {
            return AttemptBegin.Conflict.Instance;
        }
        var claim = new BeginClaim(request.Series, message.RetryCount + 1, message.MaxRetries, request.Solitary);
        var owner = row is { State: TaskState.Processing } ? judge.Judge(transaction, row.Owner) : OwnerLife.Alive;
        var verdict = BeginDecision.Decide(claim, row, owner, transaction.Now);
        switch (verdict)
        {
            case BeginVerdict.Begin begin when row is null:
                return _tried = TaskRows.InsertBegun(transaction, request, begin, self);
            case BeginVerdict.Begin begin:
                CloseLost(transaction, row, begin.Before);
                return _tried = AttemptRows.Begin(transaction, row, begin, self, request.Solitary, request.TraceId);
            case BeginVerdict.Fail fail:
                row ??= TaskRows.Insert(transaction, request.Module, message, fail.Series, fail.Attempt - 1, awaitsPublishing: false);
                CloseLost(transaction, row, fail.Before);
                return Settled(
                    AttemptRows.Fail(transaction, row with { WorkerId = row.WorkerId ?? self.Name }, fail),
                    new BeginVerdict.Settled(new Settlement.DeadLetter(fail.Reason, fail.Error), Announces: true));
            case BeginVerdict.Settled settled:
                return Settled(row!, settled);
            case BeginVerdict.NotDue notDue:
                if (notDue.IsNew)
                {
                    AttemptRows.WaitAnew(transaction, row!, notDue.DueAt);
                }
                return new AttemptBegin.NotDue(DateTimeOffset.FromUnixTimeMilliseconds(notDue.DueAt));
            case BeginVerdict.Suspect suspect:
                if (suspect.NewDeaths is { } deaths)
                {
                    ReceiptRows.TakenOver(transaction, row!.Owner);
                    AttemptRows.TakeBack(transaction, row!, AttemptOutcomes.Died, deaths);
                }
                return AttemptBegin.Suspect.Instance;
            default:
                return AttemptBegin.RunningElsewhere.Instance;
        }
    }

    private AttemptBegin.AlreadySettled Settled(TaskSnapshot row, BeginVerdict.Settled verdict) => new(
        new AttemptKey(row.Id, row.Series, verdict.Announces ? row.Attempt : request.Message.RetryCount + 1),
        verdict.Owed,
        verdict.Announces ? row.Announcement() : null);

    private static void CloseLost(LedgerTransaction transaction, TaskSnapshot row, OwnerLife before)
    {
        if (before != OwnerLife.Alive)
        {
            ReceiptRows.TakenOver(transaction, row.Owner);
            AttemptRows.Close(transaction, row, before == OwnerLife.Stopped ? AttemptOutcomes.HandedBack : AttemptOutcomes.Died);
        }
    }
}
