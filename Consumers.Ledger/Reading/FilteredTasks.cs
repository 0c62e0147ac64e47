using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// A filter as a query that goes by the index which leaves the fewest rows. SQLite has no statistics here and would choose by rule, the module's index
/// for a module's failed tasks, say; so every other column is compared as an expression, which no index answers.
/// </summary>
internal static class FilteredTasks
{
    /// <param name="after">Row number of the last task of the page before.</param>
    public static IQueryable<TaskRecord> Matching(IQueryable<TaskRecord> tasks, TaskFilter filter, long? after)
    {
        var byKey = filter.Key is not null;
        var byState = !byKey && filter.State is not (null or TaskState.Completed);
        var byType = !byKey && !byState && filter.Type is not null;
        var byModule = !byKey && !byState && !byType;
        if (after is { } row)
        {
            tasks = tasks.Where(task => task.Row < row);
        }
        if (filter.Key is { } key)
        {
            tasks = tasks.Where(task => task.Key == key);
        }
        if (filter.State is { } state)
        {
            tasks = tasks.Where(task => task.Status == state);
        }
        if (byState)
        {
            // In these words it is the condition of the partial index, which is used only then.
            tasks = tasks.Where(task => task.Status != TaskState.Completed);
        }
        if (filter.Type is { } type)
        {
            tasks = byType ? tasks.Where(task => task.Type == type) : tasks.Where(task => task.Type + "" == type);
        }
        if (filter.Module is { } module)
        {
            tasks = byModule ? tasks.Where(task => task.Module == module) : tasks.Where(task => task.Module + "" == module);
        }
        if (filter.WorkerId is { } worker)
        {
            tasks = tasks.Where(task => task.WorkerId == worker);
        }
        return tasks;
    }
}
