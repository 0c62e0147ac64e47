using System.Globalization;
using System.Runtime.InteropServices;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>How many steps SQLite's virtual machine takes for a statement: the same however busy the machine is. Straight on the library, because ADO.NET does not tell.</summary>
internal static partial class SqliteSteps
{
    private const string Library = "e_sqlite3";
    private const int Row = 100, ReadOnly = 1, VmStep = 4;
    private const nint CopyIt = -1;

    public static int Of(string path, string sql, IEnumerable<(string Name, object? Value)> parameters)
    {
        Open(path, out var database, ReadOnly, null).ShouldBe(0);
        try
        {
            Prepare(database, sql, -1, out var statement, 0).ShouldBe(0, sql);
            foreach (var (name, value) in parameters)
            {
                var index = IndexOf(statement, name);
                _ = value switch
                {
                    null or DBNull => BindNull(statement, index),
                    string text => BindText(statement, index, text, -1, CopyIt),
                    _ => BindLong(statement, index, Convert.ToInt64(value, CultureInfo.InvariantCulture)),
                };
            }
            while (Step(statement) == Row)
            {
            }
            var steps = Status(statement, VmStep, 0);
            _ = Finish(statement);
            return steps;
        }
        finally
        {
            _ = Close(database);
        }
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, out nint database, int flags, string? vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    private static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Prepare(nint database, string sql, int bytes, out nint statement, nint tail);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_parameter_index", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int IndexOf(nint statement, string name);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    private static partial int BindNull(nint statement, int index);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    private static partial int BindLong(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BindText(nint statement, int index, string value, int bytes, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    private static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_stmt_status")]
    private static partial int Status(nint statement, int which, int reset);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    private static partial int Finish(nint statement);
}
