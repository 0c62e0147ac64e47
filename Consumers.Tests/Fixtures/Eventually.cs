namespace Consumers.Tests.Fixtures;

/// <summary>Waits for a condition with a deadline; says what was not so when it passes.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(Func<ValueTask<bool>> condition, string expected, TimeSpan? within = null) =>
        TrueAsync(condition, () => expected, within);

    /// <param name="expected">Asked when the deadline has passed, so that it can say what was seen last.</param>
    public static async Task TrueAsync(Func<ValueTask<bool>> condition, Func<string> expected, TimeSpan? within = null)
    {
        var deadline = TimeProvider.System.GetUtcNow() + (within ?? TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            if (TimeProvider.System.GetUtcNow() > deadline)
            {
                Assert.Fail($"Not so within {within ?? TimeSpan.FromSeconds(30)}: {expected()}");
            }
            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <param name="expected">Asked when the deadline has passed.</param>
    public static Task TrueAsync(Func<bool> condition, Func<string> expected, TimeSpan? within = null) =>
        TrueAsync(() => new ValueTask<bool>(condition()), expected, within);

    public static Task TrueAsync(Func<bool> condition, string expected, TimeSpan? within = null) =>
        TrueAsync(() => new ValueTask<bool>(condition()), expected, within);
}
