using Consumers.Core;
using Consumers.Host.Handlers.Email;
using Consumers.Host.Handlers.Http;
using Consumers.Host.Handlers.Report;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers;

internal static class BuiltInHandlers
{
    /// <summary>A payload each that works as it is: what <c>publish</c> and the form send when none is given.</summary>
    public static readonly IReadOnlyDictionary<string, string> ExamplePayloads = new Dictionary<string, string>
    {
        [SleepTaskHandler.Type] = """{"complexityMs":50}""",
        [FlakyTaskHandler.Type] = """{"failTimes":1}""",
        [EmailTaskHandler.Type] = """{"to":"someone@example.com","subject":"Hello","body":"Sent by a task."}""",
        [ReportTaskHandler.Type] = """{"format":"csv"}""",
    };

    public static TaskConsumersBuilder AddBuiltInHandlers(this TaskConsumersBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<FlakyOptions>().BindConfiguration(FlakyOptions.Section);
        services.AddOptions<EmailOptions>().BindConfiguration(EmailOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EmailOptions>, EmailOptionsValidator>());
        services.TryAddSingleton<IMailSender>(provider =>
            string.IsNullOrEmpty(provider.GetRequiredService<IOptions<EmailOptions>>().Value.SmtpHost)
                ? ActivatorUtilities.CreateInstance<PickupFolderSender>(provider)
                : ActivatorUtilities.CreateInstance<SmtpSender>(provider));
        services.AddOptions<ReportOptions>().BindConfiguration(ReportOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReportOptions>, ReportOptionsValidator>());
        services.TryAddSingleton<ReportFolder>();
        services.AddOptions<HttpTaskOptions>().BindConfiguration(HttpTaskOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HttpTaskOptions>, HttpTaskOptionsValidator>());
        services.TryAddSingleton<HttpCaller>();
        return builder.AddHandler<SleepTaskHandler>().AddHandler<FlakyTaskHandler>(options => options.Breaker = false).AddHandler<EmailTaskHandler>()
            .AddHandler<ReportTaskHandler>().AddHandler<HttpTaskHandler>().AddHandler<HttpEndpointTaskHandler>();
    }

    /// <summary>The handler that proofs are made with: only where a history is written.</summary>
    public static TaskConsumersBuilder AddProbe(this TaskConsumersBuilder builder, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration[$"{HistoryOptions.Section}:{nameof(HistoryOptions.Folder)}"]))
        {
            builder.Services.TryAddSingleton<EffectSink>();
            // It fails because its payload says so, as flaky does.
            builder.AddHandler<ProbeTaskHandler>(options => options.Breaker = false);
        }
        return builder;
    }
}
