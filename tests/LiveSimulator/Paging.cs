namespace LiveSimulator;

static class Paging
{
    /// <summary>One page, counted from 1; empty beyond the end, however far.</summary>
    public static IEnumerable<T> Page<T>(IReadOnlyList<T> all, int page, int size)
    {
        var first = (page - 1L) * size;
        return first >= all.Count ? [] : all.Skip((int)first).Take(size);
    }
}
