namespace Consumers.Tests.Ledger;

internal static class Eventually
{
    /// <summary>Waits until the condition holds; fails after 20 s of real time.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"after 20 s it still does not hold: {what}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
