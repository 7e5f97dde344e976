namespace Fleet.Core.Errors;

/// <summary>Why the settings of a reader are not changed.</summary>
public static class SettingsErrors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("SETTINGS_UNSUPPORTED", 422, "settings-unsupported", "Unprocessable Entity", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.SettingsUnsupported,
            Sentence = "The device has no menu lock: that needs firmware 3.3.44.0 or newer.",
            Till = "Have the firmware of the reader updated.",
            Operator = "'fleet readers list --firmware-below 3.3.44.0' lists the readers to update.",
            Developer = "Nothing was changed: offer the menu lock only for readers with a firmware that has it.",
        },
        new("SETTINGS_REFUSED", 422, "settings-refused", "Unprocessable Entity", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.SettingsRefused,
            Sentence = "The device refused the settings and keeps those that it has.",
            Till = "Try again; have the reader looked at if it refuses again.",
            Operator = "'fleet settings show --reader READER' says what the reader should have, and what it has.",
            Developer = "Nothing was changed: read the settings of the reader.",
        },
        new("SETTINGS_UNKNOWN", 503, "outcome-unknown", "Outcome Unknown", RpcCode.Unavailable)
        {
            Refusal = RefusalCode.SettingsUnknown,
            Sentence = "It is not known whether the device applied the settings, because it did not answer in time.",
            Till = "See whether the menu of the reader asks for the passcode, or try again.",
            Operator = "'fleet settings show --reader READER' says what is known by now.",
            Developer = "Send the same settings again, which is harmless, or read the settings of the reader.",
        },
    ];
}
