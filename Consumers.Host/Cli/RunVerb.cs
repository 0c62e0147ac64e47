using System.CommandLine;
using Consumers.Host.Hosting;

namespace Consumers.Host.Cli;

/// <summary><c>consumers run</c>: the host.</summary>
internal static class RunVerb
{
    public static Verb Create()
    {
        var urls = new Option<string?>("--urls") { Description = "Where to listen, separated by ';'. Default http://127.0.0.1:8080. Beyond loopback CONSUMERS_API_KEY must be set." };
        var id = new Option<string?>("--id") { Description = "This instance's name in the fleet, before CONSUMER_ID. Default <machine>-<pid>." };
        var modules = new Option<string?>("--modules") { Description = "Run only these modules, separated by ','. Known here: " + string.Join(", ", ModuleSwitches.Known) + "." };
        var set = SettingOption.Create();
        var verb = new Verb("run", "Run the host: consumers, HTTP API and dashboard (the default verb).")
        {
            OwnsSignals = true,
            Examples =
            [
                "consumers run",
                "consumers run --id consumer-2 --urls http://127.0.0.1:8081",
                "CONSUMER_ID=consumer-2 consumers run --modules scaling --urls http://127.0.0.1:8081",
                "RABBITMQ_URL=embedded consumers run",
                "consumers run --modules rabbit --set Consumers:DrainTimeout=00:01:00",
            ],
        };
        verb.Add(urls);
        verb.Add(id);
        verb.Add(modules);
        verb.Add(set);
        verb.SetAction((parsed, _) => ConsumersHost.RunAsync(
            new RunSettings
            {
                Urls = parsed.GetValue(urls),
                InstanceName = parsed.GetValue(id),
                Modules = parsed.GetValue(modules),
                Settings = SettingOption.Read(parsed.GetValue(set)),
            },
            parsed.InvocationConfiguration.Error));
        return verb;
    }
}
