namespace Consumers.Core;

/// <summary>Another live process of the fleet has this instance's name (CONSUMER_ID).</summary>
public sealed class InstanceNameTakenException(string name, string host, int pid)
    : Exception($"the instance name '{name}' is taken: process {pid} on {host} runs under it. Names are how the fleet tells its instances apart; start this one with another CONSUMER_ID, or stop that process.")
{
    public string Name { get; } = name;
}
