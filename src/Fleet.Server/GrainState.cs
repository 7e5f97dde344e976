namespace Fleet.Server;

internal static class GrainState
{
    /// <summary>
    /// Stores a grain's next state, and remembers it only then: when the write fails, memory keeps what the database
    /// has, and Orleans' version check refuses a writer that has lost its grain.
    /// </summary>
    public static async Task SaveState<T>(this IPersistentState<T> state, T next)
    {
        var before = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            state.State = before;
            throw;
        }
    }
}
