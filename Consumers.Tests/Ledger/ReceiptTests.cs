using Consumers.Core;
using Consumers.Ledger;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class ReceiptTests
{
    [Fact]
    public async Task A_process_that_stood_still_withdraws_the_receipt_that_others_wrote_of_its_death()
    {
        await using var ledger = new TestLedger();
        var frozen = await ledger.StartAsync("frozen");
        var begun = await frozen.BegunAsync("held");
        var other = await ledger.StartAsync("other");
        await ledger.PassAsync(LedgerWriter.Lease + TimeSpan.FromSeconds(2), other);
        (await other.BeginAsync("held")).ShouldBeOfType<AttemptBegin.Suspect>();

        var died = (await other.Receipts.ListAsync(10, CancellationToken.None)).Single();
        (died.Name, died.Died, died.Receipt.InFlight, died.TakenOver, died.Redelivered).ShouldBe(("frozen", true, 1, 1, 1));
        died.Receipt.Tasks.ShouldBe([new UnfinishedTask("rabbit", "held", "email", UnfinishedTask.InHand)]);

        await frozen.Keeper.RenewOnceAsync(null, CancellationToken.None);
        (await other.Receipts.ListAsync(10, CancellationToken.None)).ShouldBeEmpty();
        (await frozen.SettleAsync(begun, Settlement.Ack.Instance)).Accepted.ShouldBeFalse("its tasks are another's all the same");
    }

    [Fact]
    public async Task Receipts_are_kept_for_the_retention_and_no_more_than_so_many()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        async Task WriteAsync(int count, DateTimeOffset endedAt)
        {
            for (var i = 0; i < count; i++)
            {
                var self = new InstanceIdentity("consumer-1", ledger.Time);
                await instance.Writer.RunAsync(transaction => { ReceiptRows.Write(transaction, self, new DrainReceipt("SIGTERM", endedAt, endedAt, 0, 0, 0, 0, [])); return true; }, false, CancellationToken.None);
            }
        }
        await WriteAsync(5, ledger.Time.GetUtcNow() - ledger.Options.Retention - TimeSpan.FromMinutes(1));
        await WriteAsync(3, ledger.Time.GetUtcNow() - ledger.Options.Retention + TimeSpan.FromMinutes(1));
        await WriteAsync(ReceiptRows.Kept, ledger.Time.GetUtcNow());

        await instance.Writer.RunAsync(transaction => { ReceiptRows.Prune(transaction, ledger.Options.Retention); return true; }, false, CancellationToken.None);

        ledger.Read("SELECT COUNT(*) FROM Receipts").ShouldBe(ReceiptRows.Kept.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await instance.Receipts.ListAsync(1000, CancellationToken.None)).Count.ShouldBe(200);
    }
}
