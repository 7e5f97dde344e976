namespace Fleet.Server;

internal static class GrainState
{
    /// <summary>
    /// Saves a grain's next state, and keeps it in memory only after that. When the write fails, memory holds what the
    /// database has, and Orleans' version check refuses a writer whose activation was replaced.
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
