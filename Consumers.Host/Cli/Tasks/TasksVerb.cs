using System.CommandLine;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Cli.DeadLetters;
using Consumers.Host.Hosting;

namespace Consumers.Host.Cli.Tasks;

/// <summary><c>consumers tasks</c>: what the ledger knows of tasks.</summary>
internal static class TasksVerb
{
    public static Verb Create()
    {
        var verb = new Verb("tasks", "Tasks in the ledger: look at them.") { Examples = ["consumers tasks list rabbit --status QUEUED"] };
        verb.Add(List());
        return verb;
    }

    private static Verb List()
    {
        var module = new Argument<string>("module") { Description = "rabbit, kafka or scaling." };
        var status = new Option<string?>("--status") { Description = $"Only those that are {string.Join(", ", TaskStateNames.All.Select(state => state.ToWire()))}." };
        var type = new Option<string?>("--type") { Description = "Only those of this task type." };
        var after = new Option<string?>("--after") { Description = "The next page: as the page before said." };
        var limit = new Option<int>("--limit") { Description = "How many, 1 to 200. Default: 50.", DefaultValueFactory = _ => 50 };
        var (json, url) = (DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("list", "Tasks of a module, the newest first.") { Examples = ["consumers tasks list rabbit --status RETRYING", "consumers tasks list kafka --type email --json"] };
        verb.Add(module);
        return verb.With([status, type, after, limit, json, url], async (parsed, streams, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var query = QueryString.Create(new Dictionary<string, string?>
            {
                ["status"] = parsed.GetValue(status),
                ["type"] = parsed.GetValue(type),
                ["after"] = parsed.GetValue(after),
                ["limit"] = parsed.GetValue(limit).ToString(System.Globalization.CultureInfo.InvariantCulture),
            }.Where(pair => pair.Value is not null));
            var page = await host.GetAsync<TaskListView>($"api/{ModuleSwitches.Parse(parsed.GetRequiredValue(module))}/tasks{query}", cancellationToken);
            if (parsed.GetValue(json))
            {
                DeadLettersVerb.Write(streams.Output, new { schema = "consumers.tasks/1", items = page.Items, next = page.Next });
                return ExitCode.Ok;
            }
            var now = TimeProvider.System.GetUtcNow();
            TextTable.Print(streams.Output, ["ID", "TYPE", "STATUS", "RETRIES", "CREATED", "WORKER", "ERROR"], page.Items.Select(task => (string?[])
                [task.Id, task.Type, task.Status, $"{task.RetryCount} of {task.MaxRetries}", TextTable.Ago(task.CreatedAt, now), task.WorkerId, task.ErrorMessage]));
            streams.Error.WriteLine(page.Items.Count == 0 ? "none" : page.Next is { } next ? $"More: --after {Terminal.Clean(next)}" : "That is all.");
            return ExitCode.Ok;
        });
    }
}
