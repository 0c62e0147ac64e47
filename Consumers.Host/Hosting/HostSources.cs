namespace Consumers.Host.Hosting;

/// <summary>Where the configuration comes from, last wins: the packaged appsettings.json, the one of the folder it is run from, environment, command line.</summary>
internal static class HostSources
{
    public static void AddFolderAndCommandLine(IConfigurationManager configuration, string environmentName, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        var folder = Directory.GetCurrentDirectory();
        if (!Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory).Equals(folder, StringComparison.Ordinal))
        {
            configuration.AddJsonFile(Path.Combine(folder, "appsettings.json"), optional: true, reloadOnChange: false);
            configuration.AddJsonFile(Path.Combine(folder, $"appsettings.{environmentName}.json"), optional: true, reloadOnChange: false);
        }
        configuration.AddEnvironmentVariables();
        configuration.AddEnvironmentVariables("ASPNETCORE_");
        configuration.AddInMemoryCollection(commandLine);
    }
}
