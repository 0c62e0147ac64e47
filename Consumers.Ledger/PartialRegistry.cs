using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Consumers.Ledger;

/// <summary>
/// Compiled only where the registry lacks the current SQLitePCLRaw: an older one lies in the base directory, but Microsoft.Data.Sqlite asks for a newer
/// assembly version, which the runtime refuses to satisfy by itself. The parts of its interface that are used are the same in both.
/// </summary>
internal static class PartialRegistry
{
#pragma warning disable CA2255 // Must run before the first use of SQLite, whoever makes it.
    [ModuleInitializer]
    internal static void AcceptTheOlderSqlite() => AssemblyLoadContext.Default.Resolving += Resolve;
#pragma warning restore CA2255

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is not { } simple || !simple.StartsWith("SQLitePCLRaw.", StringComparison.Ordinal))
        {
            return null;
        }
        var file = Path.Combine(AppContext.BaseDirectory, simple + ".dll");
        return File.Exists(file) ? context.LoadFromAssemblyPath(file) : null;
    }
}
