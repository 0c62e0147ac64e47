using System.Security.Cryptography;
using Consumers.Host.Cli;
using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>One call of <c>consumers verify</c>: check the input, run, report.</summary>
internal sealed class VerifyCommand(VerifyInput input, bool isJson, TextWriter output, TextWriter error)
{
    private readonly long _began = TimeProvider.System.GetTimestamp();

    public async Task<int> RunAsync(CancellationToken interrupt)
    {
        var request = input.Read(NewSeed());
        Prerequisites.Check(request.UsesRabbit, request.UsesRedis);
        TextReport.PrintPlan(request, error);
        try
        {
            var result = await new VerifyRun(request, Say).RunAsync(interrupt);
            await WriteReportsAsync(path => path.EndsWith(".html", StringComparison.OrdinalIgnoreCase) ? HtmlReport.Of(result) : JsonReport.Of(result));
            if (isJson)
            {
                await output.WriteLineAsync(JsonReport.Of(result));
            }
            else
            {
                TextReport.Print(result, output);
            }
            return result.Proof.Verdict switch { ProofVerdict.Valid => ExitCode.Ok, ProofVerdict.Invalid => ExitCode.Failed, _ => ExitCode.Unreachable };
        }
        catch (VerifyAbortedException e)
        {
            throw Aborted(e);
        }
    }

    public async Task<int> SelfTestAsync(CancellationToken interrupt)
    {
        var seed = input.Read(NewSeed()).Seed;
        Prerequisites.Check(usesRabbit: true, usesRedis: true);
        try
        {
            var results = await SelfTest.RunAsync(seed, _ => { }, result => Say($"{(result.IsFound ? "found" : "MISSED")} {result.Sabotage} ({result.Invariant})"), interrupt);
            await WriteReportsAsync(path => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? JsonReport.Of(results, seed)
                : throw new CliException(ExitCode.BadInput, "--selftest has no page: --report must end in .json."));
            if (isJson)
            {
                await output.WriteLineAsync(JsonReport.Of(results, seed));
            }
            else
            {
                TextReport.Print(results, output);
            }
            return results.All(result => result.IsFound) ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (VerifyAbortedException e)
        {
            throw Aborted(e);
        }
    }

    private async Task WriteReportsAsync(Func<string, string> render)
    {
        foreach (var path in input.Reports)
        {
            await File.WriteAllTextAsync(path, render(path), CancellationToken.None);
            error.WriteLine($"report    {Terminal.Clean(path)}");
        }
    }

    private void Say(string what) => error.WriteLine(FormattableString.Invariant($"{TimeProvider.System.GetElapsedTime(_began).TotalSeconds,7:0.0} s  {what}"));

    private static CliException Aborted(VerifyAbortedException e) => new(ExitCode.Unreachable, $"nothing is proven: {e.Message}", e);

    private static int NewSeed() => RandomNumberGenerator.GetInt32(1, 1_000_000);
}
