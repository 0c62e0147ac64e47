using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// A filter as a query that goes by the index which leaves the fewest rows. SQLite has no statistics here and would choose by rule, the module's index
/// for a module's failed tasks, say; so every other column is compared as an expression, which no index answers.
/// </summary>
internal sealed class FilteredTasks(TaskFilter filter)
{
    /// <summary>Fewer run than any key may have, which may have all.</summary>
    private bool ByState => filter.State is TaskState.Processing || (filter.Key is null && filter.State is not (null or TaskState.Completed));

    private bool ByKey => !ByState && filter.Key is not null;

    private bool ByType => !ByKey && !ByState && filter.Type is not null;

    private bool ByModule => !ByKey && !ByState && !ByType && filter.Module is not null;

    /// <summary>Not every task of the walk matches: how many have to be looked at for a page is then anyone's guess.</summary>
    public bool HasDoubts => filter.WorkerId is not null || (filter.Key is not null && !ByKey) || (filter.State is not null && !ByState) || (filter.Type is not null && !ByType) || (filter.Module is not null && !ByModule);

    /// <summary>All that the index leads to, the newest first.</summary>
    /// <param name="after">Row number of the last task of the page before.</param>
    public IQueryable<TaskRecord> Walk(IQueryable<TaskRecord> tasks, long? after)
    {
        if (after is { } row)
        {
            tasks = tasks.Where(task => task.Row < row);
        }
        if (ByState)
        {
            // In these words it is the condition of the partial index, which is used only then.
            tasks = tasks.Where(task => task.Status == filter.State && task.Status != TaskState.Completed);
        }
        else if (ByKey)
        {
            tasks = tasks.Where(task => task.Key == filter.Key);
        }
        else if (ByType)
        {
            tasks = tasks.Where(task => task.Type == filter.Type);
        }
        else if (ByModule)
        {
            tasks = tasks.Where(task => task.Module == filter.Module);
        }
        return tasks.OrderByDescending(task => task.Row);
    }

    /// <summary>Those of a walk that match.</summary>
    public IQueryable<TaskRecord> Matching(IQueryable<TaskRecord> walk)
    {
        if (filter.State is not null && !ByState)
        {
            walk = walk.Where(task => task.Status == filter.State);
        }
        if (filter.Key is not null && !ByKey)
        {
            walk = walk.Where(task => task.Key + "" == filter.Key);
        }
        if (filter.Type is not null && !ByType)
        {
            walk = walk.Where(task => task.Type + "" == filter.Type);
        }
        if (filter.Module is not null && !ByModule)
        {
            walk = walk.Where(task => task.Module + "" == filter.Module);
        }
        if (filter.WorkerId is not null)
        {
            walk = walk.Where(task => task.WorkerId == filter.WorkerId);
        }
        return walk;
    }
}
