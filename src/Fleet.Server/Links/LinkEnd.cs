namespace Fleet.Server.Links;

/// <summary>Why a connection ended.</summary>
internal enum LinkEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The device closed it.</summary>
    Closed,

    /// <summary>The device or its network is gone.</summary>
    Lost,

    /// <summary>The device did not answer pings.</summary>
    Silent,

    /// <summary>The device did not read the frames that were sent to it.</summary>
    TooSlow,

    /// <summary>A newer connection of the device replaced it.</summary>
    Superseded,

    /// <summary>The node stops, or could not serve it.</summary>
    GoingAway,

    /// <summary>The device sent a frame that is not allowed.</summary>
    ProtocolError,

    /// <summary>It never proved to be a reader, whatever ended it.</summary>
    Unpaired,
}
