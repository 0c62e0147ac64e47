using Consumers.Tests.Host;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Security;

public sealed class SafeMethodTests
{
    [Fact]
    public async Task No_get_of_any_endpoint_changes_what_the_ledger_has()
    {
        await using var host = await HostUnderTest.StartAsync();
        await host.PostAsync("/api/rabbit/tasks", """{"id":"x","type":"flaky","payload":{"mode":"permanent"}}""");
        await Fixtures.Eventually.TrueAsync(async () => (await host.JsonAsync("/api/dead-letters")).GetProperty("items").GetArrayLength() == 1, "there is something that could be changed");
        var before = Contents(host);
        before.ShouldContain("Tasks");

        // With all that a form of the page would send, in the address.
        const string Arguments = "?handler=Publish&handler=Pause&ids=x&id=x&by=x&why=x&kind=discard&state=any&module=rabbit&confirm=true&Form.Type=sleep&Form.Count=1&theme=dark";
        var routes = Routes.Of(host).Where(route => route.Method == "GET" && !route.Path.StartsWith("/events", StringComparison.Ordinal)).ToArray();
        routes.Length.ShouldBeGreaterThan(30);
        foreach (var (_, path) in routes)
        {
            foreach (var address in new[] { path, path + Arguments })
            {
                using var answer = await host.Http.GetAsync(new Uri(address, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                ((int)answer.StatusCode).ShouldBeLessThan(500, address);
            }
        }

        Contents(host).ShouldBe(before);
    }

    /// <summary>What people decide or tasks become; what the host notes of its own running (instances, figures) goes on by itself.</summary>
    private static string Contents(HostUnderTest host)
    {
        using var ledger = new SqliteConnection($"Data Source={Path.Combine(host.Folder, "ledger.db")};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        var lines = new List<string>();
        foreach (var table in new[] { "Tasks", "Attempts", "DeadLetters", "Operations", "OperationItems", "Audit", "Pauses" })
        {
            using var command = ledger.CreateCommand();
#pragma warning disable CA2100 // Names of this list.
            command.CommandText = $"SELECT * FROM \"{table}\" ORDER BY 1, 2";
#pragma warning restore CA2100
            using var reader = command.ExecuteReader();
            lines.Add(table);
            while (reader.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(field => reader.GetValue(field) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(field).ToString())));
            }
        }
        return string.Join('\n', lines);
    }
}
