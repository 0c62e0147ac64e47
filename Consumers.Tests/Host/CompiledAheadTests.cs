using System.Reflection.PortableExecutable;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

/// <summary>What the build compiles ahead, a starting host need not.</summary>
public sealed class CompiledAheadTests
{
    private static readonly string[] Heavy = ["Consumers.Host.dll", "Consumers.Core.dll", "Microsoft.EntityFrameworkCore.dll", "RabbitMQ.Client.dll", "Confluent.Kafka.dll"];

    [Fact]
    public void The_host_and_its_packages_are_compiled_ahead()
    {
        var bin = Path.GetDirectoryName(HostProcess.DllPath)!;
        var built = Path.Combine(RepositoryRoot.Path, "Consumers.Host", "obj", "Release", "net10.0", "ahead");
        Assert.SkipWhen(bin.Contains("Debug", StringComparison.Ordinal), "a Debug build compiles nothing ahead");
        Assert.SkipWhen(Directory.Exists(built) && Directory.EnumerateFiles(built, "refused", SearchOption.AllDirectories).Any(), "the registry does not have the compiler");

        Heavy.Where(name => !HasNativeCode(Path.Combine(bin, name))).ShouldBeEmpty();
    }

    private static bool HasNativeCode(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        return image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
