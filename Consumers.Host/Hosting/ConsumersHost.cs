using Consumers.Core;
using Consumers.Fleet;
using Consumers.Host.Api;
using Consumers.Host.Handlers;
using Consumers.Host.Health;
using Consumers.Host.Live;
using Consumers.Host.Monitoring;
using Consumers.Host.Pages;
using Consumers.Host.Security;
using Consumers.Host.Telemetry;
using Consumers.Kafka;
using Consumers.Ledger;
using Consumers.Rabbit;
using Consumers.Scaling;

namespace Consumers.Host.Hosting;

/// <summary>The host, put together: modules, ledger, API, pages.</summary>
internal static class ConsumersHost
{
    /// <summary>Runs until it is told to stop; the exit code of DESIGN §11.</summary>
    public static async Task<int> RunAsync(RunSettings settings, TextWriter error)
    {
        try
        {
            await using var app = Create(settings);
            using var secondInterrupt = new SecondInterrupt();
            return await HostRun.ToTheEndAsync(app);
        }
        catch (Exception e) when (StartFailure.Describe(e) is { } failure)
        {
            error.WriteLine($"error: {failure.Text}");
            return failure.ExitCode;
        }
    }

    public static WebApplication Create(RunSettings settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // Named, because a test's own assembly is not where the pages are.
            ApplicationName = typeof(ConsumersHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            // Nothing here is read again while it runs, so no file needs to be watched.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        HostSources.AddFolderAndCommandLine(builder.Configuration, builder.Environment.EnvironmentName, Overrides(settings));
        HostLogging.Configure(builder.Logging, builder.Configuration);

        var access = AccessKey.From(builder.Configuration);
        var addresses = ListenAddresses.From(builder.Configuration);
        ListenAddresses.RequireKeyBeyondLoopback(addresses, access.IsRequired);
        if (addresses is [ListenAddresses.Default])
        {
            builder.WebHost.UseUrls(ListenAddresses.Default);
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.BatchCap;
        });

        builder.Services.AddTelemetry(builder.Configuration);
        if (settings.IsSilent)
        {
            builder.Logging.ClearProviders();
        }
        AddModules(builder);
        // Before the shutdown's own: what is added earlier is told later of the stop, here when everything has drained.
        builder.Services.AddLive();
        builder.Services.AddHostShutdown(builder.Configuration);
        builder.Services.AddMonitoring();
        builder.Services.AddAccessControl(access, addresses);
        builder.Services.AddTaskApi();
        builder.Services.AddDashboard();
        builder.Services.KeepNoKeys();
        // The last, so that the others do not wait for it.
        builder.Services.AddSingleton<EndpointMapping>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<EndpointMapping>());

        var app = builder.Build();
        app.UseRequestSpans();
        app.UseHostErrors();
        app.UseAccessControl();
        app.Services.GetRequiredService<EndpointMapping>().Begin(() =>
        {
            app.MapHealth();
            app.MapMetrics();
            app.MapTaskApi();
            app.MapLive();
            app.MapDashboard();
        });
        return app;
    }

    private static void AddModules(WebApplicationBuilder builder)
    {
        // The reporter of this instance starts first and therefore stops last.
        builder.Services.AddHostedService<InstanceReporter>();
        var consumers = builder.Services.AddTaskConsumers().AddBuiltInHandlers().AddProbe(builder.Configuration).AddLedger().AddFleet();
        if (ModuleSwitches.IsEnabled(builder.Configuration, ModuleSwitches.Rabbit))
        {
            _ = EmbeddedModule.IsChosen(builder.Configuration, ModuleSwitches.Rabbit) ? consumers.AddEmbeddedRabbit(builder.Configuration) : consumers.AddRabbit();
        }
        if (ModuleSwitches.IsEnabled(builder.Configuration, ModuleSwitches.Scaling))
        {
            _ = EmbeddedModule.IsChosen(builder.Configuration, ModuleSwitches.Scaling) ? consumers.AddEmbeddedScaling(builder.Configuration) : consumers.AddScaling();
        }
        if (ModuleSwitches.IsEnabled(builder.Configuration, ModuleSwitches.Kafka))
        {
            consumers.AddKafka();
        }
    }

    private static Dictionary<string, string?> Overrides(RunSettings settings)
    {
        var overrides = new Dictionary<string, string?>(settings.Settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in ModuleSwitches.FromCommandLine(settings.Modules))
        {
            overrides[name] = value;
        }
        if (settings.Urls is { } urls)
        {
            overrides["urls"] = urls;
        }
        if (settings.InstanceName is { } instance)
        {
            overrides["CONSUMER_ID"] = instance;
        }
        return overrides;
    }
}
