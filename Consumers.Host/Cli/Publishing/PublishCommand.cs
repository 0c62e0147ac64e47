using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Host.Telemetry;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Cli.Publishing;

/// <summary>One run of <c>consumers publish</c>: check the input, send, report.</summary>
internal sealed class PublishCommand(PublishRequest request, TextWriter output, TextWriter error, TimeProvider time)
{
    public async Task<int> RunAsync(CancellationToken interrupt)
    {
        try
        {
            var configuration = ReadConfiguration();
            var options = ReadOptions(configuration);
            var (messages, total) = await OpenAsync(options, interrupt);
            using var traces = TraceExport.Build(configuration, TelemetryResource.CliName, new TelemetryOptions());
            await using var sink = OpenSink(configuration);
            return await SendAsync(sink, messages, total, interrupt);
        }
        catch (BadInputException e)
        {
            return Refuse(e);
        }
        catch (OptionsValidationException e)
        {
            throw new CliException(ExitCode.BadInput, string.Join(Environment.NewLine + "       ", e.Failures), e);
        }
    }

    private async Task<(IAsyncEnumerable<TaskMessage> Messages, long? Total)> OpenAsync(ConsumersOptions options, CancellationToken cancellationToken)
    {
        if (request.File is not { } path)
        {
            return (GeneratedTasks.Make(GeneratedTasks.Template(request, options, time, Console.OpenStandardInput()), request, time), request.Count);
        }
        var file = new TaskFile(new TaskLine(request, options, time), options);
        return path == "-"
            ? (file.ReadAsync(Console.OpenStandardInput(), cancellationToken), null)
            : (file.ReadAsync(path, cancellationToken), await file.CheckAsync(path, cancellationToken));
    }

    private async Task<int> SendAsync(ITaskSink sink, IAsyncEnumerable<TaskMessage> messages, long? total, CancellationToken interrupt)
    {
        var run = new PublishRun(sink, request.Rate, time);
        var started = time.GetTimestamp();
        BadInputException? badLine = null;
        await using (new PublishProgress(error, run.Tally, total - request.Skip, !Console.IsErrorRedirected, request.Quiet || request.Json, time))
        {
            try
            {
                await run.SendAllAsync(messages.Skip(request.Skip), interrupt);
            }
            catch (BadInputException e) when (run.Tally.Sent > 0)
            {
                badLine = e;
            }
        }
        var isInterrupted = interrupt.IsCancellationRequested;
        var isWhole = !isInterrupted && run.Unreachable is null && badLine is null;
        var report = PublishReport.Of(run.Tally, time.GetElapsedTime(started), isInterrupted, isWhole ? null : request.Skip + run.Tally.ConfirmedFromTheStart);
        if (badLine is not null)
        {
            report = report with { Errors = [.. report.Errors, .. badLine.Errors] };
        }
        Print(report);
        return isInterrupted ? ExitCode.Interrupted
            : run.Unreachable is not null ? ExitCode.Unreachable
            : badLine is not null || report.Failed > 0 ? ExitCode.Failed
            : ExitCode.Ok;
    }

    private void Print(PublishReport report)
    {
        if (request.Json)
        {
            output.WriteLine(report.ToJson());
        }
        else if (!request.Quiet || report.Errors.Count > 0)
        {
            report.Print(request.Quiet ? TextWriter.Null : output, error, HostAddress.Read(null) + (request.Module == ModuleSwitches.Scaling ? "scaling" : "tasks"));
        }
    }

    private int Refuse(BadInputException bad)
    {
        if (request.Json)
        {
            output.WriteLine(PublishReport.NothingSent(bad.Errors).ToJson());
        }
        foreach (var problem in request.Json ? [] : bad.Errors)
        {
            error.WriteLine($"error: {(request.File is { } file ? Terminal.Clean(file) + " " : "")}{problem}");
        }
        if (!request.Json)
        {
            error.WriteLine(bad.AreMore ? "       … and more. Nothing was sent." : "       Nothing was sent.");
        }
        return ExitCode.BadInput;
    }

    private ITaskSink OpenSink(IConfiguration configuration) => EmbeddedModule.IsChosen(configuration, request.Module)
        ? new ApiSink(HostAddress.Read(null), request.Module, configuration["CONSUMERS_API_KEY"])
        : BrokerSink.Open(configuration, request.Module);

    private static ConfigurationManager ReadConfiguration()
    {
        var configuration = new ConfigurationManager();
        HostSources.AddFolderAndCommandLine(configuration, Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? "Production", []);
        return configuration;
    }

    private static ConsumersOptions ReadOptions(IConfiguration configuration)
    {
        var services = new ServiceCollection().AddSingleton(configuration);
        services.AddTaskConsumers();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ConsumersOptions>>().Value;
    }
}
