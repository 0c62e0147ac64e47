using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Tells whether the process that began an attempt still lives.</summary>
internal sealed class OwnerJudge(InstanceIdentity self, HostIdentity host, LeaseWatch leases)
{
    private const string FindSql = """SELECT "HostIdentity", "Pid", "ProcessStart", "LeaseUntil", "State" FROM "Instances" WHERE "RunId" = ?1""";

    public OwnerLife Judge(LedgerTransaction transaction, string? owner)
    {
        if (owner == self.RunId)
        {
            return OwnerLife.Alive;
        }
        // A begun attempt without an owner comes from no version of this ledger; nobody is running it.
        var find = transaction.Prepare(FindSql).Set(1, owner);
        if (!find.Step())
        {
            return owner is null || leases.HasRunOut(owner, 0) ? OwnerLife.Dead : OwnerLife.Alive;
        }
        var life = find.Text(4) == InstanceStates.Stopped ? OwnerLife.Stopped
            : host.IsGone(find.Text(0), find.Int(1), find.Long(2)) ? OwnerLife.Dead
            : leases.HasRunOut(owner!, find.Long(3)) ? OwnerLife.Dead
            : OwnerLife.Alive;
        find.Reset();
        return life;
    }
}
