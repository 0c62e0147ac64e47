namespace Consumers.Core;

/// <summary>Whether this instance's name is free: a second live process of the name would be refused at its start.</summary>
internal static class NameCheck
{
    /// <param name="live">Who is in the register, now.</param>
    public static void Tell(Findings findings, InstanceIdentity self, IEnumerable<(string Name, string Host, int Pid)> live)
    {
        var other = live.FirstOrDefault(instance => instance.Name == self.Name);
        if (other.Name is not null)
        {
            findings.Fail("consumer-id", $"CONSUMER_ID '{self.Name}' is taken by process {other.Pid} on {TaskHeaders.CleanError(other.Host)}: an instance that starts under it is refused",
                "another CONSUMER_ID, or stop that process; to look at a fleet that runs, leave CONSUMER_ID away");
        }
        else
        {
            findings.Ok("consumer-id", $"CONSUMER_ID '{self.Name}' is free");
        }
    }
}
