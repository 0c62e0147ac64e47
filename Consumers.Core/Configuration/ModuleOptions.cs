using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>How every module's options are made, so that all of them follow one order.</summary>
internal static class ModuleOptions
{
    /// <summary>From the section, then the environment variable that names the dependency, then the host's own code; wrong ones stop the start.</summary>
    /// <param name="variable">An address by the name that every tool knows, such as <c>RABBITMQ_URL</c>; empty counts as absent.</param>
    /// <param name="setAddress">Puts it where it belongs.</param>
    public static void AddModuleOptions<TOptions>(
        this IServiceCollection services, string section, string variable, Action<TOptions, string> setAddress, Action<TOptions>? configure, IValidateOptions<TOptions> validator)
        where TOptions : class
    {
        services.AddOptions<TOptions>()
            .BindConfiguration(section)
            .Configure<IServiceProvider>((options, provider) =>
            {
                if (provider.GetService<IConfiguration>()?[variable] is { Length: > 0 } address)
                {
                    setAddress(options, address);
                }
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton(validator));
    }
}
