using System.Globalization;
using Consumers.Benchmarks;

if (args is [MockProcess.Verb, var prefix])
{
    return MockProcess.Run(prefix);
}
if (args is [FirstTaskProcess.Verb, var variant, var queue, var kind, var url])
{
    return await FirstTaskProcess.RunAsync(variant, queue, kind, url);
}
if (args is [HeldTasksProcess.Verb, var prefetch, var heldQueue, var heldKind, var heldUrl])
{
    return await HeldTasksProcess.RunAsync(int.Parse(prefetch, CultureInfo.InvariantCulture), heldQueue, heldKind, heldUrl);
}
using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, interrupt) =>
{
    // Once: the queues of the run are deleted. Twice: at once.
    interrupt.Cancel = !stopping.IsCancellationRequested;
    stopping.Cancel();
};
try
{
    var arguments = BenchArguments.Parse(args, Environment.GetEnvironmentVariable("RABBITMQ_URL"), Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS"));
    if (arguments.Help)
    {
        Console.WriteLine(BenchArguments.Usage);
        return ExitCodes.Ok;
    }
    await new BenchRun(Console.Out, Console.Error, TimeProvider.System).RunAsync(arguments, stopping.Token);
    return ExitCodes.Ok;
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    return ExitCodes.Interrupted;
}
catch (Exception e) when (e is BadInputException or BrokerAwayException or RunFailedException)
{
    Console.Error.WriteLine(e.Message);
    return e switch
    {
        BadInputException => ExitCodes.BadInput,
        BrokerAwayException => ExitCodes.BrokerUnreachable,
        _ => ExitCodes.Failed,
    };
}
