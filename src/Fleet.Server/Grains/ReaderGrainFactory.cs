namespace Fleet.Server.Grains;

/// <summary>
/// Finds readers' grains. Orleans would look up by reflection, at each call, what kind of grain a reader is; here that
/// is done once.
/// </summary>
internal sealed class ReaderGrainFactory
{
    private readonly IGrainFactory _grains;
    private readonly GrainType _type;
    private readonly GrainInterfaceType _interface;

    public ReaderGrainFactory(IGrainFactory grains)
    {
        var any = grains.GetGrain<IReaderGrain>("rdr_");
        (_grains, _type, _interface) = (grains, any.GetGrainId().Type, ((GrainReference)any).InterfaceType);
    }

    /// <summary>The grain of a reader id.</summary>
    public IReaderGrain this[string readerId] =>
        (IReaderGrain)_grains.GetGrain(GrainId.Create(_type, readerId), _interface);
}
