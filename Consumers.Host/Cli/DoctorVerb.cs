using System.CommandLine;
using System.Globalization;
using Consumers.Host.Doctor;
using Consumers.Host.Hosting;

namespace Consumers.Host.Cli;

/// <summary><c>consumers doctor</c>: looks at every dependency and every dangerous setting, and says how to mend each. Changes nothing.</summary>
internal static class DoctorVerb
{
    public static Verb Create()
    {
        var urls = new Option<string?>("--urls") { Description = "Where the host would listen, as for run." };
        var id = new Option<string?>("--id") { Description = "The name that the instance would have, before CONSUMER_ID." };
        var modules = new Option<string?>("--modules") { Description = "Only these modules, separated by ','. Known here: " + string.Join(", ", ModuleSwitches.Known) + "." };
        var set = SettingOption.Create();
        var timeout = new Option<double>("--timeout") { Description = "Seconds that each dependency has to answer; 0.1 to 600. Default 5.", DefaultValueFactory = _ => 5 };
        var deep = new Option<bool>("--deep") { Description = "Also what takes long: reads a large ledger whole. Gives each 600 s." };
        var verbose = new Option<bool>("--verbose") { Description = "A line for each check, with its id." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        timeout.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<double>() is not (>= 0.1 and <= 600))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--timeout is {result.GetValueOrDefault<double>()}, but must be 0.1 to 600 seconds."));
            }
        });
        return new Verb("doctor", "Check every dependency and every dangerous setting, and say how to mend it; changes nothing. Exit code 0 when all is well or only warned of, 1 when something must be mended, 2 for a wrong configuration, 3 when something does not answer.")
        {
            Examples =
            [
                "consumers doctor",
                "consumers doctor --verbose --id consumer-2 --urls http://127.0.0.1:8081",
                "consumers doctor --modules rabbit --set Consumers:Rabbit:Guard=None Consumers:Rabbit:Record=None",
                "consumers doctor --json | jq '.checks[] | select(.status != \"ok\")'",
            ],
        }.With([urls, id, modules, set, timeout, deep, verbose, json], async (parsed, streams, cancellationToken) =>
        {
            var isDeep = parsed.GetValue(deep);
            var settings = new RunSettings
            {
                Urls = parsed.GetValue(urls),
                InstanceName = parsed.GetValue(id),
                Modules = parsed.GetValue(modules),
                Settings = SettingOption.Read(parsed.GetValue(set)),
            };
            DoctorReport report;
            try
            {
                report = await new DoctorCommand(settings, isDeep, TimeSpan.FromSeconds(isDeep ? 600 : parsed.GetValue(timeout)), TimeProvider.System).LookAsync(cancellationToken);
            }
            catch (CliException e) when (parsed.GetValue(json))
            {
                streams.Output.WriteLine(DoctorReport.Refused(e.ExitCode, e.Message));
                return e.ExitCode;
            }
            if (parsed.GetValue(json))
            {
                streams.Output.WriteLine(report.ToJson());
            }
            else
            {
                report.Print(streams.Output, parsed.GetValue(verbose), colors: ReferenceEquals(streams.Output, Console.Out) && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
            }
            return report.ExitCode;
        });
    }
}
